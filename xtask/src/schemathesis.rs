//! Runs schemathesis against a live server: it makes valid and invalid requests from the `OpenAPI` descriptions and checks
//! every answer against them.
#![expect(clippy::print_stdout, reason = "prints each run")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use anyhow::{anyhow, ensure};

use crate::server::Server;
use crate::{curl, pypi};

const VENV: &str = "target/schemathesis";

const API: &str = "/api/openapi.json";
const RYOS: &str = "/dialects/ryos/openapi.json";
const ACTIONS: &str = "/dialects/actions/openapi.json";
const ENVELOPE: &str = "/dialects/envelope/openapi.json";

/// A run: description, phases, and operations by name.
type Run = (&'static str, &'static [&'static str]);

/// The runs. Those of a lane follow each other on one server; lanes take about as long as each other, and run side by side.
/// `logOut` ends the session that all others need, so it comes last. `uploadFile` is not fuzzed: schemathesis generates form
/// parts that cannot be encoded, sends the form without them, and reports its success as a failure. `signUp` of `envelope`
/// answers 400 to a taken name, which schemathesis reports as the rejection of a valid request.
const LANES: [&[Run]; 2] = [
    &[(API, &["--phases=examples,coverage,stateful", "--exclude-operation-id=logOut"])],
    &[
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
    ],
];

/// Installs schemathesis where it is not installed already.
pub(crate) fn install() -> anyhow::Result<()> {
    program()?;
    Ok(())
}

fn program() -> anyhow::Result<PathBuf> {
    pypi::install(VENV, "schemathesis", "xtask/schemathesis/requirements.txt")
}

/// Runs every phase. Without a seed schemathesis chooses one for each run and prints it.
pub(crate) fn run(seed: Option<u64>) -> anyhow::Result<()> {
    let program = &program()?;
    let ends = thread::scope(|scope| {
        let lanes = LANES.map(|runs| scope.spawn(move || lane(program, runs, seed)));
        lanes.map(|started| started.join().map_err(|_| anyhow!("a lane panicked"))?)
    });
    ends.into_iter().collect()
}

/// Runs those of a lane against a server of its own. Each prints when it ends, so that outputs do not mix.
fn lane(program: &Path, runs: &[Run], seed: Option<u64>) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let server = Server::start(folder.path())?;
    let token = curl::token(|path, body| {
        curl::request(&mut Command::new("curl"), &format!("{}{path}", server.url), None, Some(body))
    })?;
    for (document, run) in runs {
        let output = Command::new(program)
            .args(["--config-file", "xtask/schemathesis/schemathesis.toml", "run", "--checks=all"])
            .args(["--no-color", "--warnings=off", "--continue-on-failure"])
            .args(*run)
            .args(seed.map(|seed| format!("--seed={seed}")))
            .arg(format!("{}{document}", server.url))
            .env("TOKEN", &token)
            .output()?;
        let text = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
        println!("schemathesis: {document} {}\n{}", run.join(" "), text.concat());
        ensure!(output.status.success(), "schemathesis found failures");
    }
    Ok(())
}
