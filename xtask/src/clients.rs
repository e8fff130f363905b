//! `cargo xtask clients`: lints the API's descriptions with the usual tools, and runs the clients that generators make from them
//! against the live server. The tools come from npm and `PyPI`; `xtask/clients` has their versions, their rules and the scenarios.
#![expect(clippy::print_stdout, reason = "prints its progress")]

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, ensure};

use crate::paths::root;
use crate::prerequisites::{self, CURL, NODE, NPM, VENV};
use crate::server::Server;
use crate::{curl, npm, pypi};

/// The folder in which the tools are installed and work: a copy of `xtask/clients`, and what is generated.
pub(crate) const FOLDER: &str = "target/clients";
/// The versions of the tools.
pub(crate) const TOOLS: &str = "xtask/clients";
const PYTHON: &str = "target/tools/clients";
const GENERATOR: &str = "openapi-python-client";
const REQUIREMENTS: &str = "xtask/clients/requirements.txt";

/// The descriptions, by the name of the file that each is stored in.
const DOCUMENTS: &[(&str, &str)] = &[
    ("openapi.json", "/api/openapi.json"),
    ("openapi-3.0.json", "/api/openapi-3.0.json"),
    ("asyncapi.json", "/api/asyncapi.json"),
];

/// Installs the tools, where they are not installed already.
pub(crate) fn install() -> anyhow::Result<()> {
    prerequisites::install(&[NODE, NPM, VENV, CURL])?;
    npm::install(TOOLS, FOLDER)?;
    pypi::install(PYTHON, GENERATOR, REQUIREMENTS)?;
    Ok(())
}

/// Runs every check. The tools of Node and those of Python run side by side.
pub(crate) fn run() -> anyhow::Result<()> {
    install()?;
    let data = tempfile::tempdir()?;
    let server = Server::start(data.path())?;
    let checks = Checks { folder: root().join(FOLDER), server: &server.url };
    checks.prepare()?;
    std::thread::scope(|scope| {
        let python = scope.spawn(|| checks.python());
        let node = checks.node();
        let python = python.join().ok().context("the checks in Python panicked")?;
        node.and(python)
    })
}

struct Checks<'a> {
    folder: PathBuf,
    server: &'a str,
}

impl Checks<'_> {
    /// Removes what was generated before, and stores the descriptions.
    fn prepare(&self) -> anyhow::Result<()> {
        for generated in ["python/parlor_client", "typescript/hey-api", "typescript/built"] {
            match std::fs::remove_dir_all(self.folder.join(generated)) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
                _ => {}
            }
        }
        for (name, path) in DOCUMENTS {
            let document =
                curl::request(&mut Command::new("curl"), &format!("{}{path}", self.server), None, None)?;
            // On lines, so that a tool can name one.
            let text = serde_json::to_string_pretty(&document)?;
            std::fs::write(self.folder.join(name), text)?;
        }
        Ok(())
    }

    fn node(&self) -> anyhow::Result<()> {
        let documents = ["openapi.json", "openapi-3.0.json"];
        self.step("redocly", self.tool("redocly", &["lint", "--format=stylish"]).args(documents))?;
        let lint = ["lint", "--fail-severity=warn", "asyncapi.json"];
        self.step("spectral", self.tool("spectral", &lint).args(documents))?;
        self.step("AsyncAPI's parser", Command::new("node").args(["asyncapi.js", "asyncapi.json"]))?;
        let types = ["openapi.json", "--output", "typescript/openapi-fetch/schema.d.ts"];
        self.step("openapi-typescript", &mut self.tool("openapi-typescript", &types))?;
        let client = ["--input", "openapi.json", "--no-log-file"];
        self.step("@hey-api/openapi-ts", &mut self.tool("openapi-ts", &client))?;
        self.step("tsc", &mut self.tool("tsc", &["--project", "typescript"]))?;
        for (client, user) in [("openapi-fetch", "fetcher"), ("hey-api", "heyday")] {
            let program = format!("typescript/built/{client}.js");
            let mut scenario = Command::new("node");
            self.step(&format!("scenario by {client}"), scenario.args([&program, self.server, user]))?;
        }
        Ok(())
    }

    fn python(&self) -> anyhow::Result<()> {
        let generator = root().join(PYTHON).join("bin").join(GENERATOR);
        let program = |name: &str| Command::new(generator.with_file_name(name));
        let documents = ["openapi.json", "openapi-3.0.json"];
        self.step("openapi-spec-validator", program("openapi-spec-validator").args(documents))?;
        let generate =
            ["generate", "--path", "openapi.json", "--output-path", "python/parlor_client", "--meta=none"];
        let rules = ["--config", "python/generator.yaml", "--fail-on-warning"];
        self.step("openapi-python-client", Command::new(&generator).args(generate).args(rules))?;
        let check = ["--strict", "python/scenario.py"];
        self.step("mypy", program("mypy").env("MYPYPATH", "python").args(check))?;
        let scenario = ["python/scenario.py", self.server, "pythonist"];
        self.step("scenario by openapi-python-client", program("python").args(scenario))
    }

    /// Returns the command of a tool from npm.
    fn tool(&self, name: &str, args: &[&str]) -> Command {
        let mut command = Command::new(self.folder.join("node_modules/.bin").join(name));
        command.args(args);
        command
    }

    /// Runs a check in the folder; its output is shown only where it fails.
    fn step(&self, name: &str, command: &mut Command) -> anyhow::Result<()> {
        let start = Instant::now();
        let output = command
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .output()
            .with_context(|| format!("{name}: {command:?} did not start"))?;
        let text = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
        ensure!(output.status.success(), "{name} failed:\n{}", text.concat());
        println!("clients: {name}: {:.1} s", start.elapsed().as_secs_f32());
        Ok(())
    }
}
