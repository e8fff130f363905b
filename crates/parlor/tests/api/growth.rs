//! The memory by which a server grows while its clients try to exceed a bound.

use std::thread::panicking;

use crate::support::{Parlor, memory};

/// The most bytes: what the bounds allow, and some room.
const MOST: u64 = 48 * 1_024 * 1_024;

/// Measures the resident memory of a server up to the end of a test, which then fails where it has grown too much. Belongs
/// after the server and its users, since Argon2 takes memory of its own.
pub(crate) struct Growth {
    process: u32,
    before: u64,
}

impl Growth {
    pub(crate) fn of(parlor: &Parlor) -> Self {
        let process = parlor.process.id();
        // The peak so far does not count, where the system can forget it.
        let _forgotten = std::fs::write(format!("/proc/{process}/clear_refs"), "5").is_ok();
        Self { process, before: parlor.resident() }
    }
}

impl Drop for Growth {
    fn drop(&mut self) {
        if panicking() {
            return;
        }
        let grown = memory(self.process, "VmHWM:").saturating_sub(self.before);
        assert!(grown < MOST, "the server grew by {grown} bytes");
    }
}
