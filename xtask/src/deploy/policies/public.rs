//! Policies for ingress: published paths, sessions that stay on one replica, streams.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Installation;
use crate::deploy::manifests::{display_name, list, text};

/// Routes for operators, which are not published, nor is anything below them.
const OPERATIONS: &[&str] = &["/health", "/ready", "/metrics", "/admin"];
/// Seconds between pings of an idle socket; the timeout of a proxy must be longer.
const PING_INTERVAL: u64 = 25;
const NGINX: &str = "/metadata/annotations/nginx.ingress.kubernetes.io~1";

/// A published path with its document and its Service.
pub(super) struct Published<'a> {
    pub document: &'a Value,
    path: &'a str,
    exact: bool,
    pub service: &'a str,
    /// A name or a number.
    pub port: &'a Value,
}

pub(super) fn publications(installation: &Installation) -> Vec<Published<'_>> {
    let mut found = vec![];
    for document in installation.manifests.of("Ingress") {
        if let Some(backend) = document.pointer("/spec/defaultBackend/service") {
            let port = backend["port"].get("name").or_else(|| backend["port"].get("number"));
            let (service, port) = (text(backend, "/name"), port.unwrap_or(&Value::Null));
            found.push(Published { document, path: "/", exact: false, service, port });
        }
        for path in list(document, "/spec/rules").iter().flat_map(|rule| list(rule, "/http/paths")) {
            let port = path.pointer("/backend/service/port");
            let port = port.and_then(|port| port.get("name").or_else(|| port.get("number")));
            let (service, exact) = (text(path, "/backend/service/name"), text(path, "/pathType") == "Exact");
            let port = port.unwrap_or(&Value::Null);
            found.push(Published { document, path: text(path, "/path"), exact, service, port });
        }
    }
    for document in installation.manifests.of("HTTPRoute") {
        for rule in list(document, "/spec/rules") {
            // A rule without matches applies to every path.
            let all = std::slice::from_ref(&Value::Null);
            let matches = Some(list(rule, "/matches")).filter(|some| !some.is_empty()).unwrap_or(all);
            for (matched, backend) in matches
                .iter()
                .flat_map(|matched| list(rule, "/backendRefs").iter().map(move |to| (matched, to)))
            {
                let (service, exact) = (text(backend, "/name"), text(matched, "/path/type") == "Exact");
                let port = backend.get("port").unwrap_or(&Value::Null);
                found.push(Published { document, path: text(matched, "/path/value"), exact, service, port });
            }
        }
    }
    found
}

pub(super) fn published(installation: &Installation) -> Vec<String> {
    let published = publications(installation);
    if published.is_empty() {
        return vec![];
    }
    let under = |path: &str, prefix: &str| {
        path.strip_prefix(prefix.trim_end_matches('/'))
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let reached = |path: &str| {
        published.iter().find(|known| if known.exact { path == known.path } else { under(path, known.path) })
    };
    let mut wrong = vec![];
    for route in &installation.program.routes {
        let operation = OPERATIONS.iter().any(|known| under(route, known));
        match reached(route) {
            Some(by) if operation => wrong.push(format!("{} publishes {route}", display_name(by.document))),
            None if !operation => wrong.push(format!("nothing publishes {route}")),
            _ => {}
        }
    }
    wrong
}

pub(super) fn pinned(installation: &Installation) -> Vec<String> {
    let published = publications(installation);
    let mut wrong = vec![];
    for socketio in published.iter().filter(|known| known.path.starts_with("/socket.io")) {
        let name = display_name(socketio.document);
        let by_client = match text(socketio.document, "/kind") {
            "Ingress" if is_nginx(socketio.document) => {
                text(socketio.document, &format!("{NGINX}upstream-hash-by")) == "$remote_addr"
            }
            "Ingress" => {
                let service = installation.manifests.named("Service", socketio.service);
                service.is_some_and(|service| text(service, "/spec/sessionAffinity") == "ClientIP")
            }
            _ => installation.manifests.of("BackendTrafficPolicy").any(|policy| {
                let aims = |target: &Value| {
                    text(target, "/kind") == "HTTPRoute"
                        && text(target, "/name") == text(socketio.document, "/metadata/name")
                };
                list(policy, "/spec/targetRefs").iter().any(aims)
                    && text(policy, "/spec/loadBalancer/consistentHash/type") == "SourceIP"
            }),
        };
        if !by_client {
            wrong.push(format!("{name} does not spread {} by client address", socketio.path));
        }
        let others: BTreeSet<&str> = published
            .iter()
            .filter(|other| other.service == socketio.service && !other.path.starts_with("/socket.io"))
            .map(|other| other.path)
            .collect();
        if !others.is_empty() {
            wrong.push(format!("{name} shares the Service {} with {others:?}", socketio.service));
        }
    }
    wrong
}

/// Returns true if the controller is ingress-nginx, which has a default for everything that Ingress has no words for.
fn is_nginx(ingress: &Value) -> bool {
    text(ingress, "/spec/ingressClassName") == "nginx"
}

pub(super) fn streams(installation: &Installation) -> Vec<String> {
    let mut wrong = vec![];
    let largest = installation.manifests.servers().iter().find_map(|server| {
        installation.manifests.environment(server).remove("PARLOR_MAX_UPLOAD_BYTES")??.parse::<u64>().ok()
    });
    let largest = largest.unwrap_or(26_214_400);
    for ingress in installation.manifests.of("Ingress").filter(|ingress| is_nginx(ingress)) {
        let annotation = |name: &str| text(ingress, &format!("{NGINX}{name}"));
        for name in ["proxy-buffering", "proxy-request-buffering"] {
            if annotation(name) != "off" {
                wrong.push(format!("{} does not turn {name} off", display_name(ingress)));
            }
        }
        for name in ["proxy-read-timeout", "proxy-send-timeout"] {
            if annotation(name).parse::<u64>().is_ok_and(|seconds| seconds > 2 * PING_INTERVAL) {
                continue;
            }
            wrong.push(format!("{name} of {} is not longer than two ping intervals", display_name(ingress)));
        }
        let body = annotation("proxy-body-size")
            .trim_end_matches('m')
            .parse::<u64>()
            .map(|megabytes| megabytes << 20);
        if !body.is_ok_and(|body| body > largest) {
            wrong.push(format!("{} rejects uploads of PARLOR_MAX_UPLOAD_BYTES", display_name(ingress)));
        }
    }
    for route in installation.manifests.of("HTTPRoute") {
        let ends = |rule: &Value| {
            let whole = text(rule, "/timeouts/request");
            let part = rule.pointer("/timeouts/backendRequest").and_then(Value::as_str).unwrap_or("0s");
            whole != "0s" || part != "0s"
        };
        let mut leading =
            list(route, "/spec/rules").iter().filter(|rule| !list(rule, "/backendRefs").is_empty());
        if leading.any(ends) {
            wrong.push(format!("{} ends streams: its timeouts must be 0s", display_name(route)));
        }
    }
    wrong
}
