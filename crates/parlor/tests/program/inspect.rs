//! Settings as flags, and the lists that describe the program.

use serde_json::Value;

use crate::{get, parlor, run, serve, text};

fn list(arguments: &[&str]) -> Vec<Value> {
    let folder = tempfile::tempdir().unwrap();
    let output = run(&folder, arguments);
    assert!(output.status.success(), "{}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn row<'a>(list: &'a [Value], name: &str) -> &'a Value {
    list.iter().find(|row| row["name"] == name).unwrap()
}

#[test]
fn a_flag_wins_over_a_variable_before_and_after_the_command() {
    for arguments in
        [["--listen", "127.0.0.1:7", "settings", "--json"], ["settings", "--json", "--listen", "127.0.0.1:7"]]
    {
        let list = list(&arguments);
        let listen = row(&list, "PARLOR_LISTEN");
        assert_eq!((&listen["value"], &listen["source"]), (&"127.0.0.1:7".into(), &"flag".into()));
        assert_eq!(row(&list, "PARLOR_LOG")["source"], "environment");
    }
}

#[test]
fn an_invalid_flag_stops_the_program_with_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let rejected = run(&folder, &["serve", "--grace", "soon"]);
    assert_eq!(rejected.status.code(), Some(2));
    assert!(
        text(&rejected.stderr).contains("Invalid value for --grace: must be"),
        "{}",
        text(&rejected.stderr)
    );
    let unknown = run(&folder, &["serve", "--listn", "127.0.0.1:0"]);
    assert_eq!(unknown.status.code(), Some(2));
}

#[test]
fn settings_of_the_server_have_no_place_in_commands_of_its_clients() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [
        &["send", "room", "text", "--listen", "127.0.0.1:0"][..],
        &["--listen", "127.0.0.1:0", "send", "room", "text"],
        &["--config", "parlor.toml", "completions", "bash"],
        &["--config", "parlor.toml", "dev"],
    ] {
        let refused = run(&folder, arguments);
        assert_eq!(refused.status.code(), Some(2), "{arguments:?}: {}", text(&refused.stderr));
    }
    let help = |command: &str| text(&run(&folder, &[command, "--help"]).stdout);
    for command in ["login", "logout", "chat", "tail", "send", "dev", "completions"] {
        assert!(!help(command).contains("--config"), "{command}");
    }
    assert!(help("user").contains("--config") && help("dev").contains("--listen"));
}

#[test]
fn a_usage_line_shows_required_arguments_alone_and_a_bad_number_its_range() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |arguments: &[&str]| {
        let output =
            parlor(&folder).args(arguments).env("PARLOR_SERVER", "http://127.0.0.1:1").output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        text(&output.stderr)
    };
    assert!(refused(&["send"]).contains("Usage: parlor send <ROOM> <TEXT>\n"), "{}", refused(&["send"]));
    for since in ["abc", "-1", "9223372036854775808"] {
        let error = refused(&["tail", "room", "--since", since]);
        assert!(error.contains("must be the `revision` of an event"), "{error}");
    }
    let error = refused(&["chat", "room", "--history", "101"]);
    assert!(error.contains("must be a whole number from 0 to 100"), "{error}");
}

#[test]
fn the_server_listens_on_the_address_of_the_flag() {
    let folder = tempfile::tempdir().unwrap();
    let (mut server, address) =
        serve(parlor(&folder).env("PARLOR_LISTEN", "127.0.0.1:1").args(["serve", "--listen", "127.0.0.1:0"]));
    assert!(get(&address, "/health").starts_with("HTTP/1.1 200"));
    server.kill().unwrap();
    server.wait().unwrap();
}

#[test]
fn every_listed_route_outside_the_tables_is_served() {
    let folder = tempfile::tempdir().unwrap();
    let (mut server, address) = serve(&mut parlor(&folder));
    let routes = list(&["routes", "--json"]);
    let others = ["page", "operations", "document", "websocket", "socketio"];
    for route in routes.iter().filter(|route| others.iter().any(|surface| route["surface"] == *surface)) {
        let path = route["path"].as_str().unwrap().replace("/assets/{file:.*}", "/assets/app.js");
        let path = path.replace("{file:.*}", "index.html");
        assert!(!get(&address, &path).starts_with("HTTP/1.1 404"), "{path}");
    }
    assert!(routes.iter().any(|route| route["path"] == "/api/rooms" && route["method"] == "POST"));
    server.kill().unwrap();
    server.wait().unwrap();
}

#[test]
fn browsers_keep_the_files_of_the_page_until_they_change() {
    let folder = tempfile::tempdir().unwrap();
    let (mut server, address) = serve(&mut parlor(&folder));
    let page = get(&address, "/");
    let script = page.split_once("src=\"").and_then(|(_, rest)| rest.split('"').next()).unwrap();
    let kept = get(&address, &format!("/{script}")).to_ascii_lowercase();
    assert!(kept.contains("cache-control: public, max-age=31536000, immutable\r\n"), "{script}: {kept}");
    for path in ["/", "/assets/app.js", "/assets/v-0123456789abcdef/app.js"] {
        assert!(get(&address, path).to_ascii_lowercase().contains("cache-control: no-cache\r\n"), "{path}");
    }
    server.kill().unwrap();
    server.wait().unwrap();
}

#[test]
fn every_recorded_metric_is_listed_with_its_type_and_labels() {
    let folder = tempfile::tempdir().unwrap();
    let (mut server, address) = serve(&mut parlor(&folder));
    get(&address, "/api/rooms");
    let metrics = get(&address, "/metrics");
    let listed = list(&["metrics", "--json"]);
    let mut types = 0;
    for line in metrics.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let (name, kind) = line.split_once(' ').unwrap();
        assert_eq!(row(&listed, name)["type"], kind.trim(), "{name}");
        types += 1;
    }
    assert!(types > 5, "{metrics}");
    for line in metrics.lines().filter(|line| line.starts_with("parlor_http_requests_total{")) {
        for label in row(&listed, "parlor_http_requests_total")["labels"].as_array().unwrap() {
            assert!(line.contains(&format!("{}=", label.as_str().unwrap())), "{line}");
        }
    }
    server.kill().unwrap();
    server.wait().unwrap();
}

#[test]
fn completions_and_the_manual_know_every_command_but_hidden_ones() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish"] {
        let output = run(&folder, &["completions", shell]);
        assert!(output.status.success(), "{}", text(&output.stderr));
        assert!(text(&output.stdout).contains("reset-password"), "{shell}");
    }
    let written = run(&folder, &["manual", "man"]);
    assert!(written.status.success(), "{}", text(&written.stderr));
    let page = |name: &str| std::fs::read_to_string(folder.path().join("man").join(name));
    for name in ["parlor-serve.1", "parlor-chat.1", "parlor-user-create.1"] {
        assert!(page(name).is_ok(), "{name}");
    }
    assert!(page("parlor-routes.1").is_err());
}
