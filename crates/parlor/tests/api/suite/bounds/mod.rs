//! The tables of bounds in `docs/operations.md`, and for each row a client that tries to exceed it.

mod answers;
mod raw;
mod sockets;
mod users;

use std::collections::BTreeSet;
use std::path::PathBuf;

/// The sections whose tables state bounds.
const SECTIONS: [&str; 3] = ["## Bounds", "### Accounts and limits", "## Quotas"];

const SOCKETS: &str = "crates/parlor/tests/api/suite/bounds/sockets.rs";
const USERS: &str = "crates/parlor/tests/api/suite/bounds/users.rs";
const ANSWERS: &str = "crates/parlor/tests/api/suite/bounds/answers.rs";
const WEBSOCKET: &str = "crates/parlor/tests/api/suite/websocket.rs";
const SLOW: &str = "crates/parlor/tests/api/suite/slow_readers.rs";
const ACCOUNTS: &str = "crates/parlor/tests/api/suite/accounts.rs";
const UPLOADS: &str = "crates/parlor/tests/api/suite/uploads.rs";
const QUOTAS: &str = "crates/parlor/tests/api/suite/quotas.rs";
const OUTGOING: &str = "crates/api-actix/src/http/outgoing/tests.rs";
const FAIR_QUEUE: &str = "crates/infra-auth/src/fair_queue.rs";
const SQLITE: &str = "crates/infra-sqlite/src/pool.rs";

/// Each row by the beginning of its first cell, with the test that tries to exceed the bound: its file and name. Tests
/// of the whole program measure its memory too. Those of waiting times run beside the code, on a clock of their own.
const SCENARIOS: &[(&str, &str, &str)] = &[
    ("sockets of an address without a token", SOCKETS, "an_address_has_so_many_sockets_without_a_token"),
    (
        "time until a socket has authenticated",
        SOCKETS,
        "a_session_that_does_not_connect_is_over_after_ten_seconds",
    ),
    (
        "answers to `/chat` that it has not read",
        SOCKETS,
        "a_socket_without_a_token_that_reads_nothing_is_closed_after_ten_seconds",
    ),
    ("bytes to Socket.IO before the token", SOCKETS, "the_bytes_before_the_token_are_few"),
    (
        "events and attachments before the token",
        SOCKETS,
        "events_and_attachments_before_the_token_end_a_session_at_once",
    ),
    ("a body to a session that is not known", SOCKETS, "a_body_for_an_unknown_session_is_not_waited_for"),
    ("sockets and streams of a user", USERS, "the_sockets_and_streams_of_a_user_are_limited_together"),
    ("rooms that they join", WEBSOCKET, "a_users_subscriptions_are_limited"),
    ("frames and events, each when it arrives", SOCKETS, "every_event_counts_as_it_arrives_valid_or_not"),
    ("bad frames of one `/chat`", WEBSOCKET, "refusals_never_count_as_bad_frames"),
    ("a frame of `/chat`", WEBSOCKET, "the_size_limit_counts_all_fragments_of_a_message"),
    (
        "a body, a frame or the attachments",
        USERS,
        "what_arrives_for_socket_io_is_limited_in_bytes_and_attachments",
    ),
    ("attachments of an event", USERS, "what_arrives_for_socket_io_is_limited_in_bytes_and_attachments"),
    ("the name of a namespace", SOCKETS, "the_names_of_namespaces_are_short"),
    ("bodies and polls of a session", SOCKETS, "a_session_takes_one_body_and_one_poll_at_a_time"),
    ("the time of a body", SOCKETS, "a_body_that_stalls_or_trickles_is_given_up"),
    ("events that wait behind one", SOCKETS, "events_behind_a_slow_one_are_bounded_in_bytes"),
    (
        "bytes that arrive, and that wait",
        USERS,
        "the_bytes_that_arrive_on_all_connections_of_a_user_are_limited",
    ),
    (
        "events that wait for one socket or stream",
        SLOW,
        "a_slow_reader_is_closed_and_catches_up_while_others_receive_everything",
    ),
    ("acknowledgements that wait", OUTGOING, "a_client_that_takes_no_reply_is_too_slow"),
    ("refusals of events beyond its queue", OUTGOING, "replies_that_nobody_waits_for_are_bounded_in_bytes"),
    (
        "answers to frames that wait",
        USERS,
        "a_socket_that_does_not_read_answers_is_read_no_further_and_closed",
    ),
    ("a replay", USERS, "a_replay_that_nobody_reads_ends_with_its_connection"),
    (
        "recent changes kept",
        "crates/live/src/room_channel/tests.rs",
        "recent_changes_are_bounded_in_number_and_in_bytes",
    ),
    (
        "time that a client takes nothing",
        OUTGOING,
        "a_client_for_which_something_waits_is_stuck_where_nothing_leaves",
    ),
    (
        "silence of a client",
        "crates/api-actix/src/websocket/silence.rs",
        "a_silence_is_too_long_after_a_minute",
    ),
    (
        "a body of JSON",
        "crates/parlor/tests/api/suite/hostile/bodies.rs",
        "a_body_of_ten_megabytes_is_refused_on_every_route",
    ),
    (
        "the time in which a client reads",
        "crates/api-actix/src/server/slow_reader_tests.rs",
        "an_answer_that_is_not_read_in_time_is_given_up",
    ),
    ("bytes of answers", ANSWERS, "answers_that_nobody_reads_take_little_memory_and_delay_no_one"),
    (
        "a statement on PostgreSQL",
        "crates/infra-sqlite/src/deadline.rs",
        "a_statement_is_ended_in_the_middle_and_its_connection_is_used_again",
    ),
    ("a wait for a connection", SQLITE, "searches_of_strangers_wait_for_each_other_alone"),
    (
        "a transaction on SQLite",
        SQLITE,
        "a_transaction_whose_time_is_over_is_rolled_back_and_the_writer_goes_on",
    ),
    (
        "searches on PostgreSQL",
        "crates/infra-postgres/src/searches.rs",
        "searches_of_strangers_leave_users_their_share",
    ),
    (
        "searches on SQLite",
        "crates/parlor/tests/api/searches.rs",
        "expensive_searches_of_strangers_end_and_concern_no_one_else",
    ),
    ("deep pages of lists on SQLite", SQLITE, "searches_of_strangers_wait_for_each_other_alone"),
    ("logins, signups and changes of a password", ACCOUNTS, "logins_are_limited_with_retry_after"),
    (
        "failed ones of an account",
        ACCOUNTS,
        "every_login_answer_carries_the_tighter_limit_and_failures_of_strangers_keep_no_owner_out",
    ),
    (
        "requests of an address without a token",
        ACCOUNTS,
        "refused_requests_count_against_the_address_and_beyond_its_limit_no_token_is_looked_at",
    ),
    ("requests of a user", "crates/parlor/tests/api/suite/actions.rs", "it_shares_its_limits_with_the_api"),
    (
        "uploads of a user",
        "crates/parlor/tests/api/suite/envelope/limits.rs",
        "uploads_are_limited_to_ten_an_hour",
    ),
    ("bytes of a user's files", UPLOADS, "parallel_uploads_do_not_exceed_the_quota_together"),
    ("the whole time of an upload", UPLOADS, "an_upload_that_takes_too_long_is_refused_and_leaves_nothing"),
    ("a pause in an upload", UPLOADS, "an_upload_that_pauses_is_given_up"),
    (
        "bytes of an upload besides the file",
        "crates/api-actix/src/http/multipart/tests.rs",
        "a_body_that_is_cut_or_has_too_much_besides_the_file_is_refused",
    ),
    (
        "uploads of one user on one replica",
        "crates/store-common/src/user_locks.rs",
        "a_user_has_one_lock_at_a_time_and_waits_ten_seconds_for_it",
    ),
    ("passwords of one client", ACCOUNTS, "many_changes_of_one_user_leave_others_their_turn"),
    ("passwords of all clients", FAIR_QUEUE, "who_waits_too_long_is_refused"),
    (
        "tickets",
        "crates/parlor/tests/api/suite/tickets.rs",
        "a_ticket_opens_one_stream_or_one_socket_in_the_name_of_its_session",
    ),
    ("`PARLOR_QUOTA_ROOMS`", QUOTAS, "a_user_creates_as_many_rooms_as_the_quota_allows"),
    ("`PARLOR_QUOTA_MEMBERSHIPS`", QUOTAS, "a_user_joins_as_many_rooms_as_the_quota_allows"),
    ("`PARLOR_QUOTA_INVITATIONS`", QUOTAS, "a_room_has_as_many_open_invitations_as_the_quota_allows"),
    ("`PARLOR_QUOTA_FILES`", UPLOADS, "parallel_uploads_do_not_exceed_the_quota_together"),
];

fn read(path: &str) -> String {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).join(path);
    std::fs::read_to_string(path).expect("a file of the repository")
}

/// Returns the first cell of every row in the tables of those sections, up to the next heading of the same level.
fn rows(document: &str) -> BTreeSet<&str> {
    let (mut rows, mut inside) = (BTreeSet::new(), None);
    for line in document.lines() {
        let level = line.bytes().take_while(|byte| *byte == b'#').count();
        if level > 0 && inside.is_none_or(|outer| level <= outer) {
            inside = SECTIONS.contains(&line).then_some(level);
        }
        let cell = line.strip_prefix("| ").and_then(|rest| rest.split(" | ").next());
        if let Some(cell) = cell.filter(|cell| inside.is_some() && !["bound", "setting"].contains(cell)) {
            rows.insert(cell);
        }
    }
    rows
}

/// Returns the text of a test in a file.
fn test<'a>(file: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = file.split_once(&format!("fn {name}()"))?;
    Some(rest.split("\n}\n").next().unwrap_or(rest))
}

#[test]
fn every_bound_of_the_documentation_has_a_client_that_tries_to_exceed_it() {
    let document = read("docs/operations.md");
    let rows = rows(&document);
    assert!(rows.len() > 40, "{rows:?}");
    for row in &rows {
        let count = SCENARIOS.iter().filter(|(beginning, ..)| row.starts_with(beginning)).count();
        assert!(count > 0, "docs/operations.md states a bound without a test: {row}");
    }
    for (beginning, path, name) in SCENARIOS {
        assert!(rows.iter().any(|row| row.starts_with(beginning)), "no row begins with {beginning}");
        let file = read(path);
        let test = test(&file, name).unwrap_or_default();
        assert!(!test.is_empty(), "{path} has no test {name}");
        let measured = ["Growth::of(", ".resident()"].iter().any(|by| test.contains(by));
        assert!(measured || !path.starts_with("crates/parlor/"), "{name} does not measure memory");
    }
}
