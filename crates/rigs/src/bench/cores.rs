//! The cores of a run: the servers and their database share one, and what loads them has the others. So a figure does not depend on
//! which core the kernel finds free, and waking a process of the database costs what it does on a small machine.

use std::sync::OnceLock;

/// Keeps the calling thread, and what it starts from now on, off the core of the servers.
pub(crate) fn leave_one_to_servers() -> anyhow::Result<()> {
    match all() {
        // A single core is for all.
        [] | [_] => Ok(()),
        [_, others @ ..] => system::run_on(others),
    }
}

/// Calls a function that starts a server, whose process inherits the core of the servers from this thread.
pub(crate) fn for_server<T>(start: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
    if let [first, ..] = all() {
        system::run_on(&[*first])?;
    }
    let started = start();
    leave_one_to_servers()?;
    started
}

/// Describes who uses which cores.
pub(crate) fn describe() -> String {
    let text = match all() {
        [] => "shared by all, since the system does not assign them",
        [_] => "one for all",
        _ => "one for the servers and the database, the others for what loads them",
    };
    text.to_owned()
}

/// Returns the number of cores that this program may use.
pub(crate) fn count() -> usize {
    match all() {
        [] => std::thread::available_parallelism().map_or(0, usize::from),
        all => all.len(),
    }
}

/// Returns the cores that this program could use when it first asked; none where the system does not assign them.
fn all() -> &'static [usize] {
    static ALL: OnceLock<Vec<usize>> = OnceLock::new();
    ALL.get_or_init(system::allowed)
}

#[cfg(target_os = "linux")]
mod system {
    use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
    use nix::unistd::Pid;

    /// Returns the cores that the calling thread may use.
    pub(super) fn allowed() -> Vec<usize> {
        let allowed = sched_getaffinity(Pid::from_raw(0)).unwrap_or_default();
        (0..CpuSet::count()).filter(|core| allowed.is_set(*core).unwrap_or_default()).collect()
    }

    /// Moves the calling thread to some cores.
    pub(super) fn run_on(cores: &[usize]) -> anyhow::Result<()> {
        let mut set = CpuSet::new();
        for core in cores {
            set.set(*core)?;
        }
        Ok(sched_setaffinity(Pid::from_raw(0), &set)?)
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    pub(super) fn allowed() -> Vec<usize> {
        vec![]
    }

    #[expect(clippy::unnecessary_wraps, reason = "fails on Linux")]
    pub(super) fn run_on(_: &[usize]) -> anyhow::Result<()> {
        Ok(())
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::process::Command;

    use super::*;

    /// Returns the cores that a process may use, as the kernel prints them.
    fn cores_of(status: &str) -> String {
        let line = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
        line.unwrap_or_default().trim().to_owned()
    }

    #[test]
    fn a_server_has_a_core_that_its_load_does_not_use() {
        let server = || {
            let output = Command::new("cat").arg("/proc/self/status").output()?;
            Ok(cores_of(&String::from_utf8(output.stdout)?))
        };
        let (server, load) = std::thread::spawn(move || {
            leave_one_to_servers().unwrap();
            let server = for_server(server).unwrap();
            (server, cores_of(&std::fs::read_to_string("/proc/thread-self/status").unwrap()))
        })
        .join()
        .unwrap();
        assert!(server.parse::<usize>().is_ok(), "one core, not {server}");
        assert_eq!(server != load, count() > 1, "{server} and {load}");
    }
}
