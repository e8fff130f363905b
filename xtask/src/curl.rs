//! Requests to a server that a command started, by curl: it also runs inside the network of a container.

use std::process::Command;

use anyhow::{Context, ensure};
use serde_json::{Value, json};

/// Sends a POST with the body, or a GET without one, and returns the JSON of the answer. `curl` may be wrapped in another
/// command, such as nsenter. A status from 400 on is an error.
pub(crate) fn request(
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
    serde_json::from_slice(&output.stdout).with_context(|| format!("{url} returned no JSON"))
}

/// Signs a user up and logs them in; returns the token. `post` takes a path and a body.
pub(crate) fn token(post: impl Fn(&str, &Value) -> anyhow::Result<Value>) -> anyhow::Result<String> {
    let account = json!({"username": "ryo", "email": "ryo@example.com", "password": "correct horse"});
    post("/api/auth/signup", &account)?;
    let login = json!({"username": "ryo", "password": "correct horse"});
    let answer = post("/api/auth/login", &login)?;
    Ok(answer["data"]["accessToken"].as_str().context("the login returned no token")?.to_owned())
}
