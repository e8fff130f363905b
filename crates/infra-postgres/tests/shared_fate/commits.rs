//! Reactions share commits, as messages do.

use contract::store::annotations;

use crate::{Database, client};

/// Counts the statements that change rooms, of which each commit of the append path has one.
const COUNTER: &str = "CREATE TABLE commits (n bigint NOT NULL); INSERT INTO commits VALUES (0);
    CREATE FUNCTION count_commit() RETURNS trigger LANGUAGE plpgsql
        AS 'BEGIN UPDATE commits SET n = n + 1; RETURN NULL; END';
    CREATE TRIGGER counted AFTER UPDATE ON rooms FOR EACH STATEMENT EXECUTE FUNCTION count_commit()";

#[tokio::test(flavor = "multi_thread")]
async fn reactions_to_one_message_share_commits() {
    let database = Database::fresh().await;
    database.run(COUNTER).await;
    let observer = client(&database.url).await;
    let commits = async || observer.query_one("SELECT n FROM commits", &[]).await.unwrap().get::<_, i64>(0);
    annotations::reactions_to_one_message_share_commits(database.store.clone(), commits).await;
}
