//! `parlor audit`: what an operator can still read of a message.

use serde_json::json;

use crate::alice::{Alice, body};
use crate::{parlor, run, serve, text};

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_reads_what_a_message_said_and_who_deleted_it() {
    let folder = tempfile::tempdir().unwrap();
    let (mut server, address) = serve(&mut parlor(&folder));
    let url = format!("http://{address}");
    let alice = Alice::new(&url).await;
    let messages = format!("{url}{}/messages", alice.room);
    let sent =
        alice.client.post(&messages).bearer_auth(&alice.token).json(&json!({"content": "first words"}));
    let sent = body(sent.send().await.unwrap(), 201).await;
    let id = sent["data"]["id"].as_str().unwrap();
    let message = format!("{messages}/{id}");
    let edit =
        alice.client.patch(&message).bearer_auth(&alice.token).json(&json!({"content": "second words"}));
    assert_eq!(edit.send().await.unwrap().status(), 200);
    let delete = alice.client.delete(&message).bearer_auth(&alice.token);
    assert_eq!(delete.send().await.unwrap().status(), 204);

    let shown = run(&folder, &["audit", "message", id]);
    let said = text(&shown.stdout);
    assert!(shown.status.success(), "{}", text(&shown.stderr));
    let lines: Vec<&str> = said.lines().collect();
    assert!(lines[0].contains(id) && lines[0].ends_with("by alice"), "{said}");
    assert!(lines[1].ends_with("changed by alice: first words"), "{said}");
    assert!(lines[2].ends_with("changed by alice: second words"), "{said}");
    assert_eq!(lines[3..], ["deleted by alice"]);

    let unknown = run(&folder, &["audit", "message", "0197a5c2-8f00-7000-8000-000000000000"]);
    assert!(!unknown.status.success() && unknown.stdout.is_empty());
    server.kill().unwrap();
    server.wait().unwrap();
}
