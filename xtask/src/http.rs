//! What commands ask of a server that they started.

use std::process::Command;

use anyhow::{Context, ensure};
use serde_json::{Value, json};

/// Posts a body, or gets where there is none, by curl; wherever that is to be run. Any refusal is an error.
pub(crate) fn ask(
    curl: &mut Command,
    url: &str,
    token: Option<&str>,
    body: Option<&Value>,
) -> anyhow::Result<Value> {
    curl.args(["--silent", "--show-error", "--fail", "--max-time", "30"]);
    if let Some(token) = token {
        curl.args(["--header", &format!("authorization: Bearer {token}")]);
    }
    if let Some(body) = body {
        curl.args(["--header", "content-type: application/json", "--data", &body.to_string()]);
    }
    let output = curl.arg(url).output().context("curl did not start")?;
    ensure!(output.status.success(), "{url}: {}", String::from_utf8_lossy(&output.stderr).trim());
    serde_json::from_slice(&output.stdout).with_context(|| format!("{url} answered no JSON"))
}

/// Signs somebody up and in; answers the token. `ask` is given a path and a body.
pub(crate) fn token(ask: impl Fn(&str, &Value) -> anyhow::Result<Value>) -> anyhow::Result<String> {
    let account = json!({"username": "ryo", "email": "ryo@example.com", "password": "correct horse"});
    ask("/api/auth/signup", &account)?;
    let login = json!({"username": "ryo", "password": "correct horse"});
    let answer = ask("/api/auth/login", &login)?;
    Ok(answer["data"]["accessToken"].as_str().context("no token")?.to_owned())
}
