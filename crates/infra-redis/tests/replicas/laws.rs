//! The laws that every adapter obeys, for the adapters on Redis: each with a server of its own, and without any server.

mod with_redis {
    use std::sync::Arc;

    use contract::cluster::Shared;
    use domain::event::EventSink;
    use domain::limit::Quotas;
    use test_support::RedisServer;

    use crate::fixtures::Replica;

    async fn fresh(sink: Arc<dyn EventSink>, quotas: Quotas) -> (Shared, RedisServer) {
        let server = RedisServer::start().unwrap();
        let replica = Replica::start(&server.url(), 1, sink, quotas);
        replica.redis.wait_until(true).await;
        (replica.shared, server)
    }

    contract::cluster_laws!(crate::laws::with_redis::fresh);
}

/// A replica continues without Redis.
mod without_redis {
    use std::sync::Arc;

    use contract::cluster::Shared;
    use domain::event::EventSink;
    use domain::limit::Quotas;

    use crate::fixtures::Replica;

    async fn fresh(sink: Arc<dyn EventSink>, quotas: Quotas) -> (Shared, ()) {
        // No server listens on port 1.
        let replica = Replica::start("redis://127.0.0.1:1", 1, sink, quotas);
        replica.redis.wait_until(false).await;
        (replica.shared, ())
    }

    contract::cluster_laws!(crate::laws::without_redis::fresh);
}
