//! CPU time and memory of processes, as Linux reports them.

use std::time::Duration;

use anyhow::Context;

/// A clock tick of `/proc`: Linux counts a hundred in a second on every architecture.
const TICK: Duration = Duration::from_millis(10);

/// The line of a process in `/proc/<pid>/stat`.
struct Stat {
    parent: u32,
    /// Its CPU time, the kernel's for it included.
    own: Duration,
    /// The CPU time of its children that have ended.
    ended: Duration,
}

impl Stat {
    fn read(pid: u32) -> anyhow::Result<Self> {
        Self::parse(&std::fs::read_to_string(format!("/proc/{pid}/stat"))?)
    }

    fn parse(stat: &str) -> anyhow::Result<Self> {
        // The name, in parentheses, may hold spaces. The parent is the 4th field; utime, stime, cutime and cstime follow
        // from the 14th on.
        let fields: Vec<&str> = stat.rsplit_once(')').context("no stat")?.1.split_whitespace().collect();
        let ticks = |n: usize| -> anyhow::Result<Duration> {
            Ok(TICK * fields.get(n).context("a short stat")?.parse::<u32>()?)
        };
        Ok(Self {
            parent: fields.get(1).context("a short stat")?.parse()?,
            own: ticks(11)? + ticks(12)?,
            ended: ticks(13)? + ticks(14)?,
        })
    }
}

/// Returns the CPU time of a process so far.
pub(crate) fn cpu(pid: u32) -> anyhow::Result<Duration> {
    Ok(Stat::read(pid)?.own)
}

/// Returns the CPU time so far of a process and its children, those that have ended included.
pub(crate) fn cpu_of_family(pid: u32) -> anyhow::Result<Duration> {
    let parent = Stat::read(pid)?;
    let mut total = parent.own + parent.ended;
    for entry in std::fs::read_dir("/proc")? {
        let Ok(child) = entry?.file_name().to_string_lossy().parse() else { continue };
        // A process may end meanwhile.
        if let Ok(stat) = Stat::read(child)
            && stat.parent == pid
        {
            total += stat.own + stat.ended;
        }
    }
    Ok(total)
}

/// Returns the resident memory in bytes.
pub(crate) fn memory(pid: u32) -> anyhow::Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kilobytes * 1_024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stat_is_read_behind_the_name_of_the_program() {
        let stat = "7 (a ) b) S 3 7 7 0 -1 4194560 1 2 3 4 150 50 20 10 20 0 1 0 5 6";
        let stat = Stat::parse(stat).unwrap();
        assert_eq!(stat.parent, 3);
        assert_eq!((stat.own, stat.ended), (Duration::from_secs(2), Duration::from_millis(300)));
        assert!(Stat::parse("7 (a) S 3").is_err());
    }

    #[test]
    fn the_family_of_this_process_has_used_at_least_its_own_time() {
        let pid = std::process::id();
        let own = cpu(pid).unwrap();
        assert!(cpu_of_family(pid).unwrap() >= own);
        assert!(memory(pid).unwrap() > 0);
    }
}
