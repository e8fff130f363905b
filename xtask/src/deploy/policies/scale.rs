//! Policies for the number of replicas, and for what several replicas need.

use serde_json::Value;

use super::Installation;
use crate::deploy::manifests::{Workload, display_name, matches, number, text};

/// The program's default pool.
const DEFAULT_POOL: u64 = 16;
/// Connections that PostgreSQL reserves for superusers, and that of a migration.
const RESERVED: u64 = 3 + 1;

pub(super) fn disruptions(installation: &Installation) -> Vec<String> {
    let manifests = &installation.manifests;
    let mut wrong = vec![];
    for server in manifests.servers() {
        let (least, _) = manifests.replicas(&server);
        let budgets: Vec<_> = manifests
            .of("PodDisruptionBudget")
            .filter(|budget| matches(budget.pointer("/spec/selector/matchLabels"), server.labels()))
            .collect();
        if least > 1 && budgets.is_empty() {
            wrong.push(format!("{} has {least} replicas and no budget", server.name()));
        }
        for budget in budgets {
            let keeps = match (number(budget, "/spec/minAvailable"), number(budget, "/spec/maxUnavailable")) {
                (Some(available), None) => available,
                (None, Some(unavailable)) => least.saturating_sub(unavailable),
                _ => {
                    wrong.push(format!("{} must set one number", display_name(budget)));
                    continue;
                }
            };
            if keeps == 0 || keeps >= least {
                wrong.push(format!("{} keeps {keeps} of {least} replicas", display_name(budget)));
            }
        }
    }
    wrong
}

/// `replicas` in the manifest would undo the autoscaler's decision at every `apply`.
pub(super) fn counted_once(installation: &Installation) -> Vec<String> {
    let servers = installation.manifests.servers();
    let twice = servers.iter().filter(|server| {
        installation.manifests.autoscaler(server).is_some()
            && server.document.pointer("/spec/replicas").is_some()
    });
    twice.map(|server| format!("{} has replicas and an autoscaler", server.name())).collect()
}

/// A limit would pause a process in the middle of a commit that others wait for, even where its node has idle cores.
pub(super) fn processors(installation: &Installation) -> Vec<String> {
    let mut wrong = vec![];
    for workload in installation.manifests.workloads() {
        if workload.all_containers().any(|container| container.pointer("/resources/limits/cpu").is_some()) {
            wrong.push(format!("{} has a limit of CPU", workload.name()));
        }
    }
    wrong
}

/// Returns the largest number of pods at a time. A rollout adds some, but not for a `StatefulSet`, which removes a pod first.
fn max_pods(installation: &Installation, server: &Workload<'_>) -> u64 {
    let (_, replicas) = installation.manifests.replicas(server);
    let alone = text(server.document, "/spec/strategy/type") == "Recreate"
        || text(server.document, "/kind") == "StatefulSet";
    if alone {
        return replicas;
    }
    let max_surge = server.document.pointer("/spec/strategy/rollingUpdate/maxSurge");
    let surge = max_surge.and_then(|surge| {
        let share = || surge.as_str()?.strip_suffix('%')?.parse::<u64>().ok();
        surge.as_u64().or_else(|| Some((replicas * share()?).div_ceil(100)))
    });
    // The default of Kubernetes is 25 %.
    replicas + surge.unwrap_or_else(|| replicas.div_ceil(4))
}

pub(super) fn pools(installation: &Installation) -> Vec<String> {
    let mut wrong = vec![];
    for server in installation.manifests.servers() {
        let settings = installation.manifests.environment(&server);
        if on_sqlite(&settings) {
            continue;
        }
        let allowed = text(server.document, "/metadata/annotations/parlor~1postgres-max-connections");
        let Ok(allowed) = allowed.parse::<u64>() else {
            wrong.push(format!("{} must set parlor/postgres-max-connections", server.name()));
            continue;
        };
        let pool = settings.get("PARLOR_DATABASE_POOL").cloned().flatten();
        let pool = pool.and_then(|pool| pool.parse().ok()).unwrap_or(DEFAULT_POOL);
        let pods = max_pods(installation, &server);
        // Each replica checks migrations on an extra connection at its start.
        let needed = pods * (pool + 1) + RESERVED;
        if needed > allowed {
            wrong.push(format!("{pods} pods with pools of {pool} need {needed} connections of {allowed}"));
        }
    }
    wrong
}

/// SQLite is for one replica; several need a shared database, bus and file store.
pub(super) fn shared_state(installation: &Installation) -> Vec<String> {
    let mut wrong = vec![];
    for server in installation.manifests.servers() {
        let settings = installation.manifests.environment(&server);
        let pods = max_pods(installation, &server);
        if pods < 2 {
            continue;
        }
        if on_sqlite(&settings) {
            wrong.push(format!(
                "{} may have {pods} pods on SQLite; use replicas: 1 and Recreate",
                server.name()
            ));
            continue;
        }
        if !["REDIS_URL", "REDIS_URL_FILE"].iter().any(|name| settings.contains_key(*name)) {
            wrong.push(format!("{} may have {pods} pods and no Redis", server.name()));
        }
        if !["PARLOR_JWT_SECRET", "PARLOR_JWT_SECRET_FILE"].iter().any(|name| settings.contains_key(*name)) {
            wrong.push(format!("{} may have {pods} pods with different signing keys", server.name()));
        }
        let files = settings.get("PARLOR_FILES_URL").cloned().flatten().unwrap_or_default();
        if !files.starts_with("s3://") && !shared_volume(installation, &server) {
            wrong.push(format!(
                "{} may have {pods} pods and keeps files where only one of them can read them",
                server.name()
            ));
        }
    }
    wrong
}

fn on_sqlite(settings: &std::collections::BTreeMap<String, Option<String>>) -> bool {
    match settings.get("DATABASE_URL") {
        Some(Some(url)) => url.starts_with("sqlite:"),
        Some(None) => false,
        None => !settings.contains_key("DATABASE_URL_FILE"),
    }
}

fn shared_volume(installation: &Installation, server: &Workload<'_>) -> bool {
    let volumes = crate::deploy::manifests::list(server.template, "/spec/volumes");
    let claims = volumes.iter().map(|volume| text(volume, "/persistentVolumeClaim/claimName"));
    let mut claims = claims.filter_map(|claim| installation.manifests.named("PersistentVolumeClaim", claim));
    claims.any(|claim| claim.pointer("/spec/accessModes") == Some(&Value::from(vec!["ReadWriteMany"])))
}
