//! Packages from npm, which checks use.
#![expect(clippy::print_stdout, reason = "prints what it installs")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use crate::must;
use crate::paths::root;

/// Copies a folder of the repository to one under `target`, installs the packages of its lock file there unless they are installed
/// already, and returns its path.
pub(crate) fn install(source: &str, target: &str) -> anyhow::Result<PathBuf> {
    // Tests run side by side.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _held = ONE_AT_A_TIME.lock().map_err(|_| anyhow::anyhow!("another thread failed to install"))?;
    let folder = root().join(target);
    std::fs::create_dir_all(&folder)?;
    must(Command::new("cp").arg("-R").arg(root().join(source).join(".")).arg(&folder))?;
    let lock = std::fs::read(folder.join("package-lock.json"))?;
    let stamp = folder.join("node_modules/.installed");
    if std::fs::read(&stamp).ok().as_ref() != Some(&lock) {
        println!("installing packages of npm into {target}");
        let npm = ["ci", "--silent", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix"];
        must(Command::new("npm").args(npm).arg(&folder))?;
        std::fs::write(stamp, lock)?;
    }
    Ok(folder)
}

/// Returns true if npm and node are installed.
pub(crate) fn is_installed() -> bool {
    ["npm", "node"].iter().all(|program| {
        let version = Command::new(Path::new(program)).arg("--version").output();
        version.is_ok_and(|output| output.status.success())
    })
}
