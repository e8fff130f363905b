//! CPU time and memory of a process, as Linux reports them.

use std::time::Duration;

use anyhow::Context;

/// A clock tick of `/proc`: Linux counts a hundred in a second on every architecture.
const TICK: Duration = Duration::from_millis(10);

/// Returns the CPU time so far, its own and the kernel's for it.
pub(crate) fn cpu(pid: u32) -> anyhow::Result<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name, in parentheses, may hold spaces; utime and stime are the 14th and 15th field.
    let fields = stat.rsplit_once(')').context("no stat")?.1.split_whitespace();
    let ticks: Vec<u32> = fields.skip(11).take(2).map(str::parse).collect::<Result<_, _>>()?;
    Ok(TICK * ticks.into_iter().sum::<u32>())
}

/// Returns the CPU time since it was `before`.
pub(crate) fn cpu_since(pid: u32, before: Duration) -> anyhow::Result<Duration> {
    Ok(cpu(pid)?.saturating_sub(before))
}

/// Returns the resident memory in bytes.
pub(crate) fn memory(pid: u32) -> anyhow::Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kilobytes * 1_024)
}
