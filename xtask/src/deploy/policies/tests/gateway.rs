//! Gateways without TLS, routes without effect, and objects without their labels.

use serde_json::{Value, json};

use super::{SERVER, breaks};

const GATEWAY: (&str, &str) = ("Gateway", "");
const ROUTE: (&str, &str) = ("HTTPRoute", "parlor");
const REDIRECT: (&str, &str) = ("HTTPRoute", "parlor-redirect");

#[test]
fn routes_that_no_listener_accepts_are_found() {
    let policy = "routes attach";
    let parent = "/spec/parentRefs/0";
    for (document, pointer, value, text) in [
        (ROUTE, "/spec/parentRefs/0/name", json!("public"), "does not exist"),
        (ROUTE, "/spec/parentRefs/0/sectionName", json!("tls"), "does not exist"),
        (ROUTE, "/spec/parentRefs", json!([]), "names no Gateway"),
        (ROUTE, "/spec/hostnames/0", json!("chat.example.org"), "which its listener does not"),
        (GATEWAY, "/spec/listeners/1/hostname", json!("*.example.org"), "which its listener does not"),
        (GATEWAY, "/spec/listeners/1/name", json!("tls"), "does not exist"),
        (GATEWAY, "/metadata/name", json!("public"), "does not exist"),
        (("HTTPRoute", "parlor-pinned"), parent, json!({"name": "lost"}), "does not exist"),
    ] {
        breaks("production", document, pointer, &value, policy, text);
    }
}

#[test]
fn requests_without_tls_are_found() {
    let policy = "passwords travel";
    for (document, pointer, value, text) in [
        (GATEWAY, "/spec/listeners/1/tls/certificateRefs", json!([]), "no certificate"),
        (GATEWAY, "/spec/listeners/1/protocol", json!("HTTP"), "without TLS"),
        (ROUTE, "/spec/parentRefs/0/sectionName", json!("http"), "without TLS"),
        (REDIRECT, "/spec/rules/0/filters/0/requestRedirect/scheme", json!("http"), "without TLS"),
        (REDIRECT, "/spec/rules/0/filters", Value::Null, "without TLS"),
        (REDIRECT, "/spec/rules", Value::Null, "without TLS"),
    ] {
        breaks("production", document, pointer, &value, policy, text);
    }
    let hosts = "/spec/tls/0/hosts";
    let other = json!(["chat.example.org"]);
    breaks("production with ingress", ("Ingress", "parlor"), hosts, &other, policy, "without TLS");
}

#[test]
fn forwarded_headers_of_clients_are_found() {
    let policy = "clients can't";
    for route in [ROUTE, ("HTTPRoute", "parlor-pinned")] {
        for (pointer, value) in [
            ("/spec/rules/0/filters", Value::Null),
            ("/spec/rules/0/filters/0/requestHeaderModifier/remove", json!(["X-Forwarded-For"])),
        ] {
            breaks("production", route, pointer, &value, policy, "a client's Forwarded");
        }
    }
}

#[test]
fn objects_elsewhere_or_without_labels_are_found() {
    let policy = "objects lie";
    let place = "/metadata/namespace";
    for (installation, document) in [
        ("production with ingress", ("Ingress", "parlor")),
        ("production with monitoring", ("ServiceMonitor", "")),
        ("production", GATEWAY),
        ("development", SERVER),
    ] {
        breaks(installation, document, place, &Value::Null, policy, "lies in \"\"");
        breaks(installation, document, place, &json!("other"), policy, "lies in \"other\"");
    }

    let policy = "objects have";
    let label = |name: &str| format!("/metadata/labels/app.kubernetes.io~1{name}");
    for name in ["name", "instance", "version", "part-of", "managed-by", "component"] {
        breaks("production", SERVER, &label(name), &Value::Null, policy, name);
    }
    breaks(
        "production with ingress",
        ("Ingress", "parlor"),
        &label("version"),
        &Value::Null,
        policy,
        "version",
    );
    breaks("production", GATEWAY, &label("instance"), &json!("other"), policy, "different instances");
    let pods = format!("/spec/template{}", label("version"));
    breaks("production", SERVER, &pods, &json!("9.9.9"), policy, "is labelled version");
    breaks("production", SERVER, &label("version"), &json!("9.9.9"), policy, "is labelled version");
}
