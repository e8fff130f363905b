//! How many replicas there may be, and what that asks of the rest.

use serde_json::Value;

use super::World;
use crate::deploy::manifests::{Workload, called, matches, number, text};

/// What the program takes where nothing is said.
const POOL: u64 = 16;
/// What PostgreSQL keeps for its superusers, and a migration's own connection.
const RESERVED: u64 = 3 + 1;

pub(super) fn disruptions(world: &World) -> Vec<String> {
    let manifests = &world.manifests;
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
                    wrong.push(format!("{} must say one number", called(budget)));
                    continue;
                }
            };
            if keeps == 0 || keeps >= least {
                wrong.push(format!("{} keeps {keeps} of {least} replicas", called(budget)));
            }
        }
    }
    wrong
}

/// With an autoscaler, `replicas` in the manifest would take back what it has decided whenever it is applied.
pub(super) fn counted_once(world: &World) -> Vec<String> {
    let servers = world.manifests.servers();
    let twice = servers.iter().filter(|server| {
        world.manifests.autoscaler(server).is_some() && server.document.pointer("/spec/replicas").is_some()
    });
    twice.map(|server| format!("{} has replicas and an autoscaler", server.name())).collect()
}

/// The most pods there can be at a time: a rollout adds some, but for those of a `StatefulSet`, which go before they come.
fn most(world: &World, server: &Workload<'_>) -> u64 {
    let (_, replicas) = world.manifests.replicas(server);
    let alone = text(server.document, "/spec/strategy/type") == "Recreate"
        || text(server.document, "/kind") == "StatefulSet";
    if alone {
        return replicas;
    }
    let told = server.document.pointer("/spec/strategy/rollingUpdate/maxSurge");
    let surge = told.and_then(|surge| {
        let share = || surge.as_str()?.strip_suffix('%')?.parse::<u64>().ok();
        surge.as_u64().or_else(|| Some((replicas * share()?).div_ceil(100)))
    });
    // What Kubernetes takes where nothing is said.
    replicas + surge.unwrap_or_else(|| replicas.div_ceil(4))
}

pub(super) fn pools(world: &World) -> Vec<String> {
    let mut wrong = vec![];
    for server in world.manifests.servers() {
        let settings = world.manifests.environment(&server);
        if on_sqlite(&settings) {
            continue;
        }
        let allowed = text(server.document, "/metadata/annotations/parlor~1postgres-max-connections");
        let Ok(allowed) = allowed.parse::<u64>() else {
            wrong.push(format!("{} must say parlor/postgres-max-connections", server.name()));
            continue;
        };
        let pool = settings.get("PARLOR_DATABASE_POOL").cloned().flatten();
        let pool = pool.and_then(|pool| pool.parse().ok()).unwrap_or(POOL);
        let pods = most(world, &server);
        // Each replica looks at migrations on a connection of its own as it starts.
        let needed = pods * (pool + 1) + RESERVED;
        if needed > allowed {
            wrong.push(format!("{pods} pods with pools of {pool} need {needed} connections of {allowed}"));
        }
    }
    wrong
}

/// One SQLite file has one writer; more replicas need a database, a bus and files that all of them see.
pub(super) fn shared_state(world: &World) -> Vec<String> {
    let mut wrong = vec![];
    for server in world.manifests.servers() {
        let settings = world.manifests.environment(&server);
        let pods = most(world, &server);
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
            wrong.push(format!("{} may have {pods} pods that make signing keys of their own", server.name()));
        }
        let files = settings.get("PARLOR_FILES_URL").cloned().flatten().unwrap_or_default();
        if !files.starts_with("s3://") && !shared_volume(world, &server) {
            wrong.push(format!(
                "{} may have {pods} pods and keeps files where one of them sees them",
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

fn shared_volume(world: &World, server: &Workload<'_>) -> bool {
    let volumes = crate::deploy::manifests::list(server.template, "/spec/volumes");
    let claims = volumes.iter().map(|volume| text(volume, "/persistentVolumeClaim/claimName"));
    let mut claims = claims.filter_map(|claim| world.manifests.named("PersistentVolumeClaim", claim));
    claims.any(|claim| claim.pointer("/spec/accessModes") == Some(&Value::from(vec!["ReadWriteMany"])))
}
