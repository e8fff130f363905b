//! `parlor audit`: an operator reads a message's former contents.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::session::Session;
use crate::{parlor, run, serve, text};

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_reads_former_contents_and_the_deleter_of_a_message() {
    let folder = tempfile::tempdir().unwrap();
    let (mut server, address) = serve(&mut parlor(&folder));
    let url = format!("http://{address}");
    let room = Session::new(&url).await.room_at(&url);
    let message = room.send("first words").await.unwrap();
    room.edit(message.id, "second words").await.unwrap();
    room.delete_message(message.id).await.unwrap();

    let id = &message.id.to_string();
    let shown = run(&folder, &["audit", "message", id]);
    let output = text(&shown.stdout);
    assert!(shown.status.success(), "{}", text(&shown.stderr));
    let lines: Vec<&str> = output.lines().collect();
    assert!(lines[0].contains(id) && lines[0].ends_with("by alice"), "{output}");
    assert!(lines[1].ends_with("changed by alice: first words"), "{output}");
    let until = lines[1].strip_prefix("until ").unwrap().split(',').next().unwrap();
    assert!(OffsetDateTime::parse(until, &Rfc3339).is_ok(), "{until}");
    assert!(lines[2].ends_with("changed by alice: second words"), "{output}");
    assert_eq!(lines[3..], ["deleted by alice"]);

    let unknown = run(&folder, &["audit", "message", "0197a5c2-8f00-7000-8000-000000000000"]);
    assert!(!unknown.status.success() && unknown.stdout.is_empty());
    server.kill().unwrap();
    server.wait().unwrap();
}
