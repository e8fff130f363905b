//! The answers to kubectl's requests.

use std::collections::HashMap;
use std::convert::Infallible;

use actix_web::http::{Method, StatusCode, header};
use actix_web::web::{Bytes, Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use futures_util::stream;
use serde_json::{Value, json};

use super::Cluster;
use super::kinds::{Kind, discovery, openapi, openapi_index};
use super::objects::{Application, Event, Id, Refusal, missing};

const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

type Parameters = HashMap<String, String>;

/// Answers a request; any path leads here.
pub(super) async fn answer(
    request: HttpRequest,
    body: Bytes,
    parameters: Query<Parameters>,
    cluster: Data<Cluster>,
) -> HttpResponse {
    let path = request.path().trim_matches('/');
    match path {
        "readyz" => return HttpResponse::Ok().body("ok"),
        "version" => {
            return HttpResponse::Ok().json(json!({"major": "1", "minor": "32", "gitVersion": "v1.32.0"}));
        }
        "api" | "apis" => {
            let found = discovery(&cluster.kinds, path == "api");
            return HttpResponse::Ok().content_type(AGGREGATED).body(found.to_string());
        }
        "openapi/v3" => return HttpResponse::Ok().json(openapi_index(&cluster.kinds)),
        _ => {}
    }
    if let Some(path) = path.strip_prefix("openapi/v3/") {
        return HttpResponse::Ok().json(openapi(&cluster.kinds, path));
    }
    let Some((kind, namespace, name)) = address(&cluster.kinds, path) else {
        return refuse(&Refusal::new(404, "NotFound", format!("the server has no {path}")));
    };
    let Some(name) = name else { return list(&cluster, kind, namespace.as_deref(), &parameters) };
    let id: Id = (kind.name, namespace.unwrap_or_default(), name);
    let result = match *request.method() {
        Method::GET => cluster.with(|objects| objects.get(&id).cloned()).ok_or_else(|| missing(kind, &id)),
        Method::DELETE => cluster.with(|objects| objects.delete(kind, &id)),
        Method::PATCH => patch(&cluster, kind, &id, &request, &body, &parameters),
        _ => Err(Refusal::new(405, "MethodNotAllowed", format!("{} is not known here", request.method()))),
    };
    match result {
        Ok(object) => HttpResponse::Ok().json(object),
        Err(refusal) => refuse(&refusal),
    }
}

/// Returns the kind that a path names, its namespace, and the name of an object unless the path is that of a list.
fn address(kinds: &[&'static Kind], path: &str) -> Option<(&'static Kind, Option<String>, Option<String>)> {
    kinds.iter().find_map(|kind| {
        let rest = path.strip_prefix(&kind.api_path())?.strip_prefix('/')?;
        let parts: Vec<&str> = rest.split('/').collect();
        let (namespace, parts) = match parts.as_slice() {
            ["namespaces", namespace, parts @ ..] if kind.namespaced => {
                (Some((*namespace).to_owned()), parts)
            }
            parts => (None, parts),
        };
        match parts {
            [plural] if *plural == kind.plural => Some((*kind, namespace, None)),
            [plural, name] if *plural == kind.plural => Some((*kind, namespace, Some((*name).to_owned()))),
            _ => None,
        }
    })
}

fn patch(
    cluster: &Cluster,
    kind: &'static Kind,
    id: &Id,
    request: &HttpRequest,
    body: &[u8],
    parameters: &Parameters,
) -> Result<Value, Refusal> {
    let invalid = |error: serde_json::Error| Refusal::new(400, "BadRequest", error.to_string());
    let patch: Value = serde_json::from_slice(body).map_err(invalid)?;
    // Without a name, as `kubectl rollout undo` sends it, the manager is the program.
    let agent = request.headers().get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    let program = agent.and_then(|agent| agent.split('/').next()).unwrap_or_default();
    let manager = parameters.get("fieldManager").map_or(program, String::as_str);
    let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    match content_type {
        Some("application/apply-patch+yaml") => {
            let set = |name: &str, value: &str| parameters.get(name).is_some_and(|given| given == value);
            let how = Application { manager, force: set("force", "true"), dry_run: set("dryRun", "All") };
            cluster.with(|objects| objects.apply(kind, id, &patch, &how))
        }
        Some("application/json-patch+json") => cluster.with(|objects| {
            let mut object = objects.get(id).cloned().ok_or_else(|| missing(kind, id))?;
            for operation in patch.as_array().into_iter().flatten() {
                let place = operation["path"].as_str().and_then(|path| object.pointer_mut(path));
                match (operation["op"].as_str(), place) {
                    (Some("replace"), Some(place)) => *place = operation["value"].clone(),
                    _ => return Err(Refusal::new(422, "Invalid", format!("{operation} is not known here"))),
                }
            }
            objects.update(kind, id, object, manager)
        }),
        other => Err(Refusal::new(415, "UnsupportedMediaType", format!("{other:?} is not known here"))),
    }
}

/// Returns true for an object that a list or watch selects.
fn selects(namespace: Option<&str>, parameters: &Parameters, kind: &Kind, id: &Id, object: &Value) -> bool {
    let pairs = |name: &str| {
        let text = parameters.get(name).cloned().unwrap_or_default();
        let pairs: Vec<_> = text
            .split(',')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.trim_start_matches('=').to_owned()))
            .collect();
        pairs
    };
    id.0 == kind.name
        && namespace.is_none_or(|namespace| namespace == id.1)
        && pairs("fieldSelector").iter().all(|(name, value)| name == "metadata.name" && *value == id.2)
        && pairs("labelSelector").iter().all(|(name, value)| object["metadata"]["labels"][name] == **value)
}

fn list(
    cluster: &Data<Cluster>,
    kind: &'static Kind,
    namespace: Option<&str>,
    parameters: &Parameters,
) -> HttpResponse {
    if parameters.get("watch").is_some_and(|watch| watch == "true") {
        return watch(cluster.clone(), kind, namespace.map(str::to_owned), parameters.clone());
    }
    cluster.with(|objects| {
        let selected = objects
            .of_kind(kind.name)
            .filter(|(id, object)| selects(namespace, parameters, kind, id, object));
        let items: Vec<_> = selected.map(|(_, object)| object.clone()).collect();
        HttpResponse::Ok()
            .json(json!({"kind": format!("{}List", kind.name), "apiVersion": kind.api_version(),
            "metadata": {"resourceVersion": objects.version().to_string()}, "items": items}))
    })
}

/// Streams every change after a version, for as long as the client listens.
fn watch(
    cluster: Data<Cluster>,
    kind: &'static Kind,
    namespace: Option<String>,
    parameters: Parameters,
) -> HttpResponse {
    let since = parameters.get("resourceVersion").and_then(|version| version.parse().ok()).unwrap_or(0u64);
    let changes = cluster.version.subscribe();
    let events = stream::unfold((since, changes), move |(since, mut changes)| {
        let (cluster, namespace, parameters) = (cluster.clone(), namespace.clone(), parameters.clone());
        async move {
            loop {
                // Before the look, so that a change after it wakes this stream.
                changes.mark_unchanged();
                let found: Vec<Event> = cluster.with(|objects| {
                    let later = objects.events.iter().filter(|event| event.version > since);
                    let selected = later.filter(|event| {
                        selects(namespace.as_deref(), &parameters, kind, &event.id, &event.object)
                    });
                    selected.cloned().collect()
                });
                if let Some(last) = found.last() {
                    let since = last.version;
                    let lines = found.iter().map(|event| json!({"type": event.verb, "object": event.object}));
                    let lines: Vec<String> = lines.map(|line| line.to_string()).collect();
                    let lines = lines.join("\n") + "\n";
                    return Some((Ok::<_, Infallible>(Bytes::from(lines)), (since, changes)));
                }
                if changes.changed().await.is_err() {
                    return None;
                }
            }
        }
    });
    HttpResponse::Ok().content_type("application/json").streaming(Box::pin(events))
}

fn refuse(refusal: &Refusal) -> HttpResponse {
    let code = StatusCode::from_u16(refusal.code).unwrap();
    HttpResponse::build(code).json(json!({"kind": "Status", "apiVersion": "v1", "metadata": {},
        "status": "Failure", "code": refusal.code, "reason": refusal.reason, "message": refusal.message,
        "details": {"causes": refusal.causes}}))
}
