//! Routing that leads nowhere, or where it should not.

use serde_json::{Value, json};

use super::{CONTAINER, SERVER, SETTINGS, breaks};

const INGRESS: &str = "production with ingress";
const NGINX: &str = "production with ingress and ingress-nginx";

#[test]
fn selectors_without_pods_are_found() {
    let policy = "selectors find";
    let cases = [
        (
            SERVER,
            "/spec/template/metadata/labels/app.kubernetes.io~1component",
            json!("web"),
            "does not select",
        ),
        (
            ("Service", "parlor"),
            "/spec/selector/app.kubernetes.io~1name",
            json!("parler"),
            "selects no server",
        ),
        (
            ("Service", "parlor"),
            "/spec/selector/app.kubernetes.io~1component",
            Value::Null,
            "sends requests to Job",
        ),
        (("PodDisruptionBudget", ""), "/spec/selector/matchLabels", json!({"app": "x"}), "selects no pod"),
        (("NetworkPolicy", ""), "/spec/podSelector/matchLabels", json!({"app": "x"}), "selects no pod"),
        (("HorizontalPodAutoscaler", ""), "/spec/scaleTargetRef/name", json!("chat"), "does not exist"),
        (
            SERVER,
            "/spec/template/spec/topologySpreadConstraints/0/labelSelector",
            json!({}),
            "spreads other pods",
        ),
    ];
    for (document, pointer, value, text) in cases {
        breaks("production", document, pointer, &value, policy, text);
    }
    let labels = "/spec/selector/matchLabels/app.kubernetes.io~1component";
    breaks(
        "production with monitoring",
        ("ServiceMonitor", ""),
        labels,
        &Value::Null,
        policy,
        "finds 2 Services",
    );
}

#[test]
fn broken_ports_and_probes_are_found() {
    let policy = "ports lead";
    let path = "/spec/rules/0/http/paths/1/backend/service";
    let name = format!("{path}/name");
    breaks(INGRESS, ("Ingress", "parlor"), &name, &json!("chat"), policy, "does not exist");
    let port = format!("{path}/port");
    breaks(INGRESS, ("Ingress", "parlor"), &port, &json!({"number": 81}), policy, "port 81");
    let admitted = "/spec/ingress/0/ports/0/port";
    breaks("production", ("NetworkPolicy", ""), admitted, &json!("web"), policy, "admits nobody");
    breaks(
        "production",
        ("Service", "parlor"),
        "/spec/ports/0/targetPort",
        &json!("web"),
        policy,
        "does not have",
    );
    breaks("production", SETTINGS, "/data/PARLOR_LISTEN", &json!("0.0.0.0:80"), policy, "listens on");
    let probe = format!("{CONTAINER}/readinessProbe/httpGet");
    breaks("production", SERVER, &format!("{probe}/port"), &json!("web"), policy, "requests a port");
    let route = ("HTTPRoute", "parlor");
    let port = "/spec/rules/0/backendRefs/0/port";
    breaks("production", route, port, &json!(3020), policy, "port 3020");
    breaks(
        "production with monitoring",
        ("ServiceMonitor", ""),
        "/spec/endpoints/0/port",
        &json!("web"),
        policy,
        "web",
    );

    let policy = "probes request";
    breaks("production", SERVER, &format!("{probe}/path"), &json!("/readyz"), policy, "no route");
    breaks("production", SERVER, &format!("{CONTAINER}/startupProbe"), &Value::Null, policy, "lacks one");
    let live = format!("{CONTAINER}/livenessProbe/httpGet/path");
    breaks("production", SERVER, &live, &json!("/ready"), policy, "requests /ready");
    let path = "/spec/endpoints/0/path";
    breaks(
        "production with monitoring",
        ("ServiceMonitor", ""),
        path,
        &json!("/prometheus"),
        policy,
        "no route",
    );
}

#[test]
fn missing_and_published_operator_paths_are_found() {
    let policy = "routes for users";
    let paths = "/spec/rules/0/http/paths";
    let ingress = ("Ingress", "parlor");
    breaks(INGRESS, ingress, &format!("{paths}/2/path"), &json!("/chats"), policy, "publishes /chat");
    let all = format!("{paths}/0/pathType");
    breaks(INGRESS, ingress, &all, &json!("Prefix"), policy, "publishes /metrics");
    let backend = json!({"service": {"name": "parlor", "port": {"name": "http"}}});
    breaks(INGRESS, ingress, "/spec/defaultBackend", &backend, policy, "publishes /metrics");
    let route = ("HTTPRoute", "parlor");
    breaks("production", route, "/spec/rules/0/matches", &Value::Null, policy, "publishes /metrics");
    let all = "/spec/rules/0/matches/0/path/type";
    breaks("production", route, all, &json!("PathPrefix"), policy, "/ready");
    let path = "/spec/rules/0/matches/2/path/value";
    breaks("production", route, path, &json!("/chats"), policy, "publishes /chat");
}

#[test]
fn split_sessions_and_interrupted_streams_are_found() {
    let policy = "requests of a Socket.IO session";
    let nginx = |name: &str| format!("/metadata/annotations/nginx.ingress.kubernetes.io~1{name}");
    let socketio = ("Ingress", "parlor-pinned");
    breaks(NGINX, socketio, &nginx("upstream-hash-by"), &Value::Null, policy, "does not spread");
    let service = "/spec/rules/0/http/paths/0/backend/service/name";
    breaks(INGRESS, socketio, service, &json!("parlor"), policy, "shares the Service");
    let affinity = "/spec/sessionAffinity";
    breaks(INGRESS, ("Service", "parlor-pinned"), affinity, &json!("None"), policy, "does not spread");
    let hash = "/spec/loadBalancer/consistentHash/type";
    let balancer = ("BackendTrafficPolicy", "");
    breaks("production", balancer, hash, &json!("Cookie"), policy, "does not spread");
    let target = "/spec/targetRefs/0";
    breaks("production", balancer, &format!("{target}/name"), &json!("parlor"), policy, "does not spread");
    breaks("production", balancer, &format!("{target}/kind"), &json!("Gateway"), policy, "does not spread");

    let policy = "streams and uploads";
    for (name, value) in [
        ("proxy-buffering", "on"),
        ("proxy-request-buffering", "on"),
        ("proxy-read-timeout", "30"),
        ("proxy-body-size", "10m"),
    ] {
        let text = if name == "proxy-body-size" { "PARLOR_MAX_UPLOAD_BYTES" } else { name };
        breaks(NGINX, ("Ingress", "parlor"), &nginx(name), &json!(value), policy, text);
    }
    for (route, timeouts) in [
        (("HTTPRoute", "parlor"), json!({})),
        (("HTTPRoute", "parlor-pinned"), json!({"request": "60s"})),
        (("HTTPRoute", "parlor"), json!({"request": "0s", "backendRequest": "60s"})),
    ] {
        breaks("production", route, "/spec/rules/0/timeouts", &timeouts, policy, "ends streams");
    }
}
