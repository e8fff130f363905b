//! `cargo xtask autobahn`: runs Autobahn's fuzzing client against an echo server with the chat's WebSocket code.
//! It needs Python 2.7, which few machines still have, so `cargo xtask test` does without.
#![expect(clippy::print_stdout, reason = "prints its progress")]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};

use crate::{cargo, must};

const VENV: &str = "target/autobahn";
/// Framing, pings, reserved bits, opcodes, fragmentation, UTF-8, closing, and large messages within the limit.
const CASES: &str = r#"["1.*", "2.*", "3.*", "4.*", "5.*", "6.*", "7.*", "10.*"]"#;

/// Runs the suite and fails unless every case passes and every close is clean.
pub(crate) fn run(python: &str) -> anyhow::Result<()> {
    let client = Path::new(VENV).join("bin/wstest");
    if !client.exists() {
        println!("autobahn: installing it into {VENV}");
        must(Command::new(python).args(["-m", "pip", "install", "--quiet", "--user", "virtualenv"]))
            .context("Python 2.7 with pip is missing; name the interpreter with --python")?;
        must(Command::new(python).args(["-m", "virtualenv", "--quiet", VENV]))?;
        must(Command::new(Path::new(VENV).join("bin/pip")).args([
            "install",
            "--quiet",
            "autobahntestsuite",
        ]))?;
    }
    cargo(&["build", "--workspace", "--features", "api-actix/conformance", "--example", "conformance"])?;
    let mut server = Command::new(crate::target_folder()?.join("debug/examples/conformance"))
        .arg("127.0.0.1:0")
        .stdout(Stdio::piped())
        .spawn()?;
    let mut line = String::new();
    BufReader::new(server.stdout.take().context("no standard output")?).read_line(&mut line)?;
    let address = line.trim().strip_prefix("listening on ").context("the server did not start")?;
    let folder = tempfile::tempdir()?;
    let settings = folder.path().join("settings.json");
    let reports = folder.path().join("reports");
    std::fs::write(
        &settings,
        format!(
            r#"{{"outdir": "{}", "servers": [{{"url": "ws://{address}/echo"}}], "cases": {CASES},
                "exclude-cases": [], "exclude-agent-cases": {{}}}}"#,
            reports.display()
        ),
    )?;
    let ran =
        must(Command::new(&client).args(["-m", "fuzzingclient", "-s"]).arg(&settings).stdout(Stdio::null()));
    server.kill()?;
    server.wait()?;
    ran?;
    check_report(&std::fs::read_to_string(reports.join("index.json"))?)
}

/// Checks the index of reports, in which every case has two verdicts, each on a line of its own.
fn check_report(index: &str) -> anyhow::Result<()> {
    let verdicts: Vec<&str> =
        index.lines().map(str::trim).filter(|line| line.starts_with("\"behavior")).collect();
    let good = ["\"OK\"", "\"NON-STRICT\"", "\"INFORMATIONAL\""];
    let bad: Vec<_> = verdicts.iter().filter(|line| !good.iter().any(|word| line.contains(word))).collect();
    ensure!(!verdicts.is_empty(), "the suite reported nothing");
    ensure!(bad.is_empty(), "{} verdicts are bad: {bad:?}", bad.len());
    println!("autobahn: {} cases, 0 failures, every close clean", verdicts.len() / 2);
    Ok(())
}
