//! `schemathesis`, from the Python registry, against the live server: requests made from the `OpenAPI` description, good and bad
//! ones, and every answer held against it.
#![expect(clippy::print_stdout, reason = "says what it does")]

use std::process::Command;

use anyhow::ensure;

use crate::http;
use crate::pypi::installed;
use crate::server::Server;

const VENV: &str = "target/schemathesis";

const API: &str = "/api/openapi.json";
const RYOS: &str = "/dialects/ryos/openapi.json";
const ACTIONS: &str = "/dialects/actions/openapi.json";
const ENVELOPE: &str = "/dialects/envelope/openapi.json";

/// What is run one after the other: which description, phases, and operations by name. `logOut` ends the session that all
/// others need, so it comes last. Fuzzing, it makes up parts of forms that can't be written, sends a good form without them,
/// and takes its success for a failure. In `envelope` a taken name is a bad request, which schemathesis takes for a good
/// one's refusal.
const RUNS: &[(&str, &[&str])] = &[
    (API, &["--phases=examples,coverage,stateful", "--exclude-operation-id=logOut"]),
    (API, &["--phases=fuzzing", "--exclude-operation-id=logOut", "--exclude-operation-id=uploadFile"]),
    (RYOS, &["--phases=examples,coverage,fuzzing"]),
    (ACTIONS, &["--phases=examples,coverage,fuzzing"]),
    (
        ENVELOPE,
        &[
            "--phases=examples,coverage,fuzzing",
            "--exclude-operation-id=logOut",
            "--exclude-operation-id=signUp",
            "--exclude-operation-id=uploadFile",
        ],
    ),
    (API, &["--phases=examples,coverage,fuzzing", "--include-operation-id=logOut"]),
];

/// Runs every phase on a server of its own; without a seed, from one that schemathesis chooses and says.
pub(crate) fn run(seed: Option<u64>) -> anyhow::Result<()> {
    let program = installed(VENV, "schemathesis", "xtask/schemathesis/requirements.txt")?;
    let folder = tempfile::tempdir()?;
    let server = Server::start(folder.path())?;
    let token = http::token(|path, body| {
        http::ask(&mut Command::new("curl"), &format!("{}{path}", server.url), None, Some(body))
    })?;
    for (document, run) in RUNS {
        println!("schemathesis: {document} {}", run.join(" "));
        let status = Command::new(&program)
            .args(["--config-file", "xtask/schemathesis/schemathesis.toml", "run", "--checks=all"])
            .args(["--no-color", "--warnings=off", "--continue-on-failure"])
            .args(*run)
            .args(seed.map(|seed| format!("--seed={seed}")))
            .arg(format!("{}{document}", server.url))
            .env("TOKEN", &token)
            .status()?;
        ensure!(status.success(), "schemathesis found failures");
    }
    Ok(())
}
