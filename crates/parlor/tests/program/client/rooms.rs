//! Rooms that the user names: where they are looked for, for how long, and from which revision on they are followed.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use parlor_client::NewRoom;
use serde_json::Value;
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use super::{Setting, client, fails, output, succeeds};

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_is_accepted_by_the_name_of_its_room() {
    let setting = Setting::new().await;
    let anonymous = setting.alice.anonymous();
    anonymous.sign_up("bob", "bob@example.com", "correct horse").await.unwrap();
    let bob = anonymous.sign_in("bob", "correct horse").await.unwrap();
    let private = setting.alice.create_room(&NewRoom::private("Planning")).await.unwrap();
    setting.alice.room(private.id).invite("bob").await.unwrap();
    let send = |arguments: &[&str]| {
        let mut command = setting.command(&[&["send", "Planning", "Hello"], arguments].concat());
        command.env("PARLOR_TOKEN", bob.token().unwrap()).env("PARLOR_SERVER", &setting.url);
        output(command, "")
    };
    fails(&send(&[]), 4, "--join");
    succeeds(&send(&["--join"]));
    assert_eq!(bob.room(private.id).messages().page().await.unwrap().messages.len(), 1);
}

/// Forwards every connection to the server at that address.
async fn forward(listener: TcpListener, upstream: String) {
    loop {
        let (mut client, _) = listener.accept().await.unwrap();
        let mut server = TcpStream::connect(&upstream).await.unwrap();
        tokio::spawn(async move { tokio::io::copy_bidirectional(&mut client, &mut server).await });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_is_looked_up_again_while_the_server_is_away() {
    let setting = Setting::new().await;
    // It has the port, and does not listen yet.
    let proxy = TcpSocket::new_v4().unwrap();
    proxy.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = proxy.local_addr().unwrap();
    let mut send = client(setting.home.path());
    send.env("PARLOR_SERVER", format!("http://{address}"))
        .env("PARLOR_TOKEN", setting.alice.token().unwrap());
    send.args(["send", "General Chat", "Hello"]);
    let mut sending = send.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut notes = BufReader::new(sending.stderr.take().unwrap());
    let mut note = String::new();
    notes.read_line(&mut note).unwrap();
    assert!(note.contains("trying again for 10 s"), "{note}");
    let upstream = setting.url.strip_prefix("http://").unwrap().to_owned();
    let forwarding = tokio::spawn(forward(proxy.listen(16).unwrap(), upstream));
    assert!(tokio::task::spawn_blocking(move || sending.wait()).await.unwrap().unwrap().success());
    forwarding.abort();
    assert_eq!(setting.contents().await, ["Hello"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revision_that_the_room_has_not_reached_is_reported_and_followed() {
    let setting = Setting::new().await;
    succeeds(&setting.log_in());
    let mut tail = setting.command(&["tail", "General Chat", "--json", "--since", "3"]);
    let mut tail = tail.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut notes = BufReader::new(tail.stderr.take().unwrap());
    let mut warning = String::new();
    notes.read_line(&mut warning).unwrap();
    assert!(warning.contains("is at revision 1") && warning.contains("--since"), "{warning}");
    for text in ["2", "3", "4"] {
        setting.alice.room(setting.room.id).send(text).await.unwrap();
    }
    let mut lines = BufReader::new(tail.stdout.take().unwrap()).lines();
    let first = lines.find(|line| line.as_ref().unwrap().contains("new-message")).unwrap().unwrap();
    assert_eq!(serde_json::from_str::<Value>(&first).unwrap()["revision"], 4);
    tail.kill().unwrap();
    tail.wait().unwrap();
}
