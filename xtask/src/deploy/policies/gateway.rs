//! Policies for the Gateway API: listeners, TLS, and the headers that name a client.

use serde_json::Value;

use super::Installation;
use crate::deploy::manifests::{display_name, list, text};

/// Returns the Gateway and the listener that a reference of a route names.
fn listener<'a>(installation: &'a Installation, parent: &Value) -> Option<&'a Value> {
    let gateway = installation.manifests.named("Gateway", text(parent, "/name"))?;
    list(gateway, "/spec/listeners").iter().find(|known| known["name"] == parent["sectionName"])
}

/// Returns true if the gateway has the client come back with HTTPS.
fn redirects(rule: &Value) -> bool {
    list(rule, "/filters").iter().any(|filter| text(filter, "/requestRedirect/scheme") == "https")
}

/// A route that no listener accepts is silently without effect.
pub(super) fn attached(installation: &Installation) -> Vec<String> {
    let mut wrong = vec![];
    for route in installation.manifests.of("HTTPRoute") {
        let name = display_name(route);
        let parents = list(route, "/spec/parentRefs");
        if parents.is_empty() {
            wrong.push(format!("{name} names no Gateway"));
        }
        for parent in parents {
            let Some(listener) = listener(installation, parent) else {
                wrong.push(format!(
                    "{name} attaches to the listener {} of {}, which does not exist",
                    parent["sectionName"], parent["name"]
                ));
                continue;
            };
            let hosts = list(route, "/spec/hostnames");
            let accepts = |host: &&Value| {
                listener.get("hostname").is_none_or(|own| own == *host || covers(own.as_str(), host.as_str()))
            };
            let strangers = hosts.iter().filter(|host| !accepts(host));
            wrong.extend(strangers.map(|host| format!("{name} serves {host}, which its listener does not")));
        }
    }
    wrong
}

/// Returns true if `*.example.com` covers the host.
fn covers(wildcard: Option<&str>, host: Option<&str>) -> bool {
    let suffix = wildcard.and_then(|name| name.strip_prefix('*'));
    suffix.zip(host).is_some_and(|(suffix, host)| host.ends_with(suffix))
}

/// Passwords and tokens reach pods over TLS alone.
pub(super) fn encrypted(installation: &Installation) -> Vec<String> {
    let mut wrong = vec![];
    for gateway in installation.manifests.of("Gateway") {
        for listener in list(gateway, "/spec/listeners") {
            let certificates = list(listener, "/tls/certificateRefs");
            if text(listener, "/protocol") == "HTTPS" && certificates.is_empty() {
                wrong.push(format!("{} has no certificate for {}", display_name(gateway), listener["name"]));
            }
        }
    }
    for route in installation.manifests.of("HTTPRoute") {
        let rules = list(route, "/spec/rules");
        let plain = list(route, "/spec/parentRefs")
            .iter()
            .filter_map(|parent| listener(installation, parent))
            .any(|listener| text(listener, "/protocol") != "HTTPS");
        if plain && (rules.is_empty() || rules.iter().any(|rule| !redirects(rule))) {
            wrong.push(format!("{} serves requests without TLS", display_name(route)));
        }
    }
    for ingress in installation.manifests.of("Ingress") {
        let secured: Vec<&Value> =
            list(ingress, "/spec/tls").iter().flat_map(|tls| list(tls, "/hosts")).collect();
        let plain = list(ingress, "/spec/rules")
            .iter()
            .map(|rule| &rule["host"])
            .filter(|host| !secured.contains(host));
        wrong.extend(plain.map(|host| format!("{} serves {host} without TLS", display_name(ingress))));
    }
    wrong
}

/// A gateway adds the client's address to `X-Forwarded-For` and passes `Forwarded` on as the client wrote it.
pub(super) fn forwarded(installation: &Installation) -> Vec<String> {
    let mut wrong = vec![];
    for route in installation.manifests.of("HTTPRoute") {
        let mut leading =
            list(route, "/spec/rules").iter().filter(|rule| !list(rule, "/backendRefs").is_empty());
        let removes = |rule: &Value| {
            let filters = list(rule, "/filters").iter();
            let mut removed = filters.flat_map(|filter| list(filter, "/requestHeaderModifier/remove"));
            removed.any(|header| header.as_str().is_some_and(|name| name.eq_ignore_ascii_case("forwarded")))
        };
        if leading.any(|rule| !removes(rule)) {
            wrong.push(format!("{} passes on a client's Forwarded", display_name(route)));
        }
    }
    wrong
}
