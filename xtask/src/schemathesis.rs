//! Runs schemathesis against a live server: it makes valid and invalid requests from the `OpenAPI` descriptions and checks
//! every answer against them.
#![expect(clippy::print_stdout, reason = "prints each run")]

use std::process::Command;

use anyhow::ensure;

use crate::server::Server;
use crate::{curl, pypi};

const VENV: &str = "target/schemathesis";

const API: &str = "/api/openapi.json";
const RYOS: &str = "/dialects/ryos/openapi.json";
const ACTIONS: &str = "/dialects/actions/openapi.json";
const ENVELOPE: &str = "/dialects/envelope/openapi.json";

/// The runs in their order: description, phases, and operations by name. `logOut` ends the session that all others need,
/// so it comes last. `uploadFile` is not fuzzed: schemathesis generates form parts that cannot be encoded, sends the form
/// without them, and reports its success as a failure. `signUp` of `envelope` answers 400 to a taken name, which schemathesis
/// reports as the rejection of a valid request.
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

/// Runs every phase against one server. Without a seed schemathesis chooses one and prints it.
pub(crate) fn run(seed: Option<u64>) -> anyhow::Result<()> {
    let program = pypi::install(VENV, "schemathesis", "xtask/schemathesis/requirements.txt")?;
    let folder = tempfile::tempdir()?;
    let server = Server::start(folder.path())?;
    let token = curl::token(|path, body| {
        curl::request(&mut Command::new("curl"), &format!("{}{path}", server.url), None, Some(body))
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
