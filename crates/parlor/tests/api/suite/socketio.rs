//! Socket.IO, with the official client from npm.

use std::path::Path;

use tokio::process::Command;

use crate::socket::id;
use crate::support::Parlor;

#[tokio::test]
async fn the_official_client_chats_over_polling_websocket_and_the_upgrade_between_them() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/node");
    assert!(folder.join("node_modules").exists(), "`cargo xtask test` installs what this needs (npm ci)");
    let parlor = Parlor::start();
    let (john, jane) = (parlor.user("john_doe").await, parlor.user("jane_doe").await);
    let room = john.room("General", "public").await;
    let output = Command::new("node")
        .current_dir(folder)
        .args(["socketio.mjs", &parlor.url])
        .args([john.token.unwrap(), jane.token.unwrap()])
        .arg(id(&room))
        .output()
        .await
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}
