//! Rules for `deploy/compose.yaml` and its nginx that no schema expresses.

use std::collections::BTreeSet;

use anyhow::{Context, ensure};
use serde_json::Value;

use super::manifests::{list, parse, text};
use super::policies::{is_fixed, seconds};
use super::program::Program;
use crate::paths::root;

/// Fails with every complaint.
pub(crate) fn check(program: &Program) -> anyhow::Result<()> {
    let complaints = complaints(&file()?, &read("deploy/nginx/replicas.conf")?, program);
    ensure!(complaints.is_empty(), "deploy/compose.yaml:\n{}", complaints.join("\n"));
    Ok(())
}

fn file() -> anyhow::Result<Value> {
    parse(&read("deploy/compose.yaml")?)?.into_iter().next().context("deploy/compose.yaml is empty")
}

fn read(file: &str) -> anyhow::Result<String> {
    std::fs::read_to_string(root().join(file)).with_context(|| format!("can't read {file}"))
}

fn complaints(compose: &Value, replicas: &str, program: &Program) -> Vec<String> {
    let mut wrong = vec![];
    let empty = serde_json::Map::new();
    let services = compose["services"].as_object().unwrap_or(&empty);
    let volumes = compose["volumes"].as_object().unwrap_or(&empty);
    let servers: BTreeSet<String> =
        services.keys().filter(|name| name.starts_with("parlor")).cloned().collect();
    let listed = replicas.lines().filter_map(|line| line.strip_prefix("server "));
    let listed: BTreeSet<String> =
        listed.filter_map(|line| Some(line.split_once(":3020")?.0.to_owned())).collect();
    if servers != listed {
        wrong.push(format!("the servers are {servers:?}, and nginx lists {listed:?}"));
    }
    for (name, service) in services {
        let image = text(service, "/image");
        // ${PARLOR_IMAGE:-parlor:0.1.0}: the default counts.
        let image = image.rsplit_once(":-").map_or(image, |(_, default)| default.trim_end_matches('}'));
        if !is_fixed(image) {
            wrong.push(format!("{name} runs {image:?}, which has no fixed tag"));
        }
        if list(service, "/healthcheck/test").is_empty() {
            wrong.push(format!("{name} has no health check"));
        }
        for (needed, dependency) in service["depends_on"].as_object().unwrap_or(&empty) {
            if !services.contains_key(needed) || text(dependency, "/condition") != "service_healthy" {
                wrong.push(format!("{name} does not wait until {needed} is healthy"));
            }
        }
        for mount in list(service, "/volumes").iter().filter_map(Value::as_str) {
            let source = mount.split(':').next().unwrap_or_default();
            let there = match source.strip_prefix("./") {
                Some(file) => root().join("deploy").join(file).exists(),
                None => volumes.contains_key(source),
            };
            if !there {
                wrong.push(format!("{name} mounts {source}, which does not exist"));
            }
        }
    }
    for name in &servers {
        wrong.extend(
            server_complaints(&services[name], program).into_iter().map(|found| format!("{name} {found}")),
        );
    }
    wrong
}

fn server_complaints(server: &Value, program: &Program) -> Vec<String> {
    let mut wrong = vec![];
    let empty = serde_json::Map::new();
    let settings = server["environment"].as_object().unwrap_or(&empty);
    let unknown = settings.keys().filter(|name| !program.settings.contains(*name));
    wrong.extend(unknown.map(|name| format!("sets {name}, which the program does not know")));
    if ["DATABASE_URL", "REDIS_URL", "PARLOR_JWT_SECRET"].iter().any(|name| !settings.contains_key(*name)) {
        wrong.push("lacks a database, a bus or a secret that all replicas share".to_owned());
    }
    let duration =
        |name: &str, default| settings.get(name).and_then(Value::as_str).and_then(seconds).unwrap_or(default);
    let needed = duration("PARLOR_DRAIN", 0) + duration("PARLOR_GRACE", 30);
    if seconds(text(server, "/stop_grace_period")).is_none_or(|given| given <= needed) {
        wrong.push(format!("is killed before drain and grace ({needed} s) are over"));
    }
    if server["read_only"] != Value::Bool(true) || list(server, "/cap_drop").is_empty() {
        wrong.push("could write to its root, or keeps capabilities".to_owned());
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_compose_file_follows_the_rules() {
        check(&Program::read().unwrap()).unwrap();
    }

    #[test]
    fn each_broken_rule_is_found() {
        let program = Program::read().unwrap();
        let replicas = read("deploy/nginx/replicas.conf").unwrap();
        let cases = [
            ("/services/parlor-2", "/image", json!("parlor:latest"), "no fixed tag"),
            ("/services/parlor-1", "/healthcheck", json!({}), "no health check"),
            ("/services/parlor-1/environment", "/PARLOR_DRAINS", json!("1s"), "PARLOR_DRAINS"),
            ("/services/parlor-1", "/environment", json!({}), "lacks a database"),
            ("/services/parlor-3", "/stop_grace_period", json!("20s"), "is killed"),
            ("/services/parlor-3", "/read_only", json!(false), "could write"),
            ("/services/nginx", "/volumes", json!(["./nginx/lost.conf:/x"]), "mounts ./nginx/lost.conf"),
            ("/services/postgres", "/volumes", json!(["data:/x"]), "mounts data"),
            ("/services/nginx", "/depends_on", json!({"parlor-4": {}}), "parlor-4"),
            ("/services", "/parlor-4", json!({}), "nginx lists"),
        ];
        for (parent, key, value, expected) in cases {
            let mut compose = file().unwrap();
            compose.pointer_mut(parent).unwrap()[&key[1..]] = value;
            let complaints = complaints(&compose, &replicas, &program);
            assert!(
                complaints.iter().any(|complaint| complaint.contains(expected)),
                "{expected}: {complaints:?}"
            );
        }
    }
}
