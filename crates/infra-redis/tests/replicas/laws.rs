//! What replicas share through Redis, under the laws that every adapter obeys: each on a server of its own, and again
//! where there is no server at all.

mod with_redis {
    use std::sync::Arc;

    use contract::cluster::Shared;
    use domain::event::EventSink;
    use domain::limit::Quotas;
    use test_support::RedisServer;

    use crate::world::Replica;

    async fn fresh(sink: Arc<dyn EventSink>, quotas: Quotas) -> (Shared, RedisServer) {
        let server = RedisServer::start().unwrap();
        let replica = Replica::start(&server.url(), 1, sink, quotas);
        replica.redis.until(true).await;
        (replica.shared, server)
    }

    contract::cluster_laws!(crate::laws::with_redis::fresh);
}

/// A replica goes on by itself.
mod without_redis {
    use std::sync::Arc;

    use contract::cluster::Shared;
    use domain::event::EventSink;
    use domain::limit::Quotas;

    use crate::world::Replica;

    async fn fresh(sink: Arc<dyn EventSink>, quotas: Quotas) -> (Shared, ()) {
        // Nobody listens on port 1.
        let replica = Replica::start("redis://127.0.0.1:1", 1, sink, quotas);
        replica.redis.until(false).await;
        (replica.shared, ())
    }

    contract::cluster_laws!(crate::laws::without_redis::fresh);
}
