//! Redis: a server of version 6 or later, with RESP3, that takes writes and forgets nothing that is in use.

use infra_redis::{Examination, Redis, Target};

use super::Finding::{self, Fine, Warning, Wrong};
use crate::settings::Settings;

pub(super) const NAME: &str = "redis";
#[cfg(test)]
pub(super) const RULE: &str = "where `REDIS_URL` is set: version 6 or later, no read-only replica, a cluster only by \
    `redis+cluster://`; `maxmemory-policy` is `noeviction`. The server runs without it all the same";

pub(super) async fn examine(settings: &Settings) -> Finding {
    let Some(url) = &settings.redis_url else {
        return Fine("not set: this replica shares events, presence and limits with no other".into());
    };
    let examined = match Target::parse(&url.0) {
        Ok(target) => Redis::examine(&target).await,
        Err(error) => Err(error),
    };
    match examined {
        Ok(examined) => judge(&examined),
        // A user who sets a URL wants it.
        Err(error) => Wrong(format!("{error:#}: start Redis 6 or later, or correct REDIS_URL")),
    }
}

fn judge(examined: &Examination) -> Finding {
    let version = &examined.version;
    if examined.is_replica && !examined.by_cluster_url {
        return Wrong(
            "it is a read-only replica: name the master in REDIS_URL, or let sentinels find it (redis+sentinel://)".into(),
        );
    }
    if examined.is_cluster && !examined.by_cluster_url {
        return Wrong(
            "it is a node of a cluster: name the nodes in REDIS_URL as redis+cluster://<host>,<host>".into(),
        );
    }
    match &examined.eviction {
        Some(policy) if policy != "noeviction" => Warning(format!(
            "version {version} answers, but maxmemory-policy {policy} forgets presence and limits when memory is short: \
             set it to noeviction"
        )),
        _ => Fine(format!("version {version} answers")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Examination {
        Examination {
            version: "7.0.15".into(),
            is_replica: false,
            is_cluster: false,
            by_cluster_url: false,
            eviction: Some("noeviction".into()),
        }
    }

    #[test]
    fn what_redis_must_not_be_is_named_with_its_remedy() {
        assert_eq!(judge(&good()), Fine("version 7.0.15 answers".into()));
        assert!(matches!(judge(&Examination { eviction: None, ..good() }), Fine(_)));
        assert!(matches!(judge(&Examination { is_cluster: true, by_cluster_url: true, ..good() }), Fine(_)));
        for (examined, remedy) in [
            (Examination { is_replica: true, ..good() }, "name the master"),
            (Examination { is_cluster: true, ..good() }, "redis+cluster://"),
        ] {
            let Wrong(text) = judge(&examined) else { panic!("{examined:?} passed") };
            assert!(text.contains(remedy), "{text}");
        }
        let Warning(text) = judge(&Examination { eviction: Some("allkeys-lru".into()), ..good() }) else {
            panic!("it passed");
        };
        assert!(text.contains("allkeys-lru") && text.contains("noeviction"), "{text}");
    }
}
