//! Each requirement by itself, against facts that no throwaway server has.

use super::facts::OwnTable;
use super::*;

fn good() -> Facts {
    Facts {
        version: "15.18".into(),
        version_number: 150_018,
        encoding: "UTF8".into(),
        messages: "C.UTF-8".into(),
        is_standby: false,
        only_reads: false,
        database: "chat".into(),
        role: "parlor".into(),
        schema: Some("public".into()),
        may_create_in_database: false,
        may_create_in_schema: true,
        extension: Extension::Visible,
        tables: vec![],
        pending: 5,
        sessions: Sessions::Kept,
        prepares: true,
    }
}

/// Returns the text about the one requirement that is not met.
#[track_caller]
fn only_problem(facts: &Facts, name: &str) -> String {
    let mut texts = vec![];
    for required in REQUIREMENTS {
        match (required.check)(facts) {
            Fine(_) => {}
            Warning(text) | Wrong(text) => {
                assert_eq!(required.name, name, "{text}");
                texts.push(text);
            }
        }
    }
    assert_eq!(texts.len(), 1, "{name}");
    assert!(!texts[0].contains('\n'), "a finding is one line");
    texts.remove(0)
}

#[test]
fn a_good_database_meets_every_requirement() {
    for facts in [
        good(),
        Facts { sessions: Sessions::PerTransaction, prepares: false, ..good() },
        Facts { prepares: false, ..good() },
        Facts { extension: Extension::Available, may_create_in_database: true, ..good() },
        Facts { pending: 0, may_create_in_schema: false, ..good() },
    ] {
        for required in REQUIREMENTS {
            assert!(matches!((required.check)(&facts), Fine(_)), "{}", required.name);
        }
    }
}

#[test]
fn each_failure_is_named_alone_with_its_remedy() {
    let tables = vec![OwnTable { name: "rooms".into(), owner: "ada".into(), owned: false, usable: false }];
    for (name, remedy, facts) in [
        ("version", "upgrade PostgreSQL to 13", Facts { version_number: 120_019, ..good() }),
        ("encoding", "ENCODING 'UTF8'", Facts { encoding: "LATIN1".into(), ..good() }),
        ("sessions", "PARLOR_DATABASE_PREPARE=off", Facts { sessions: Sessions::PerTransaction, ..good() }),
        ("sessions", "statement mode", Facts { sessions: Sessions::PerStatement, ..good() }),
        (
            "sessions",
            "pool_mode = transaction",
            Facts { sessions: Sessions::PerStatement, prepares: false, ..good() },
        ),
        ("writes", "name the primary", Facts { is_standby: true, only_reads: true, ..good() }),
        ("writes", "default_transaction_read_only", Facts { only_reads: true, ..good() }),
        ("pg_trgm", "CREATE EXTENSION pg_trgm;", Facts { extension: Extension::Available, ..good() }),
        ("pg_trgm", "postgresql-contrib", Facts { extension: Extension::Missing, ..good() }),
        ("pg_trgm", "search_path", Facts { extension: Extension::Hidden("ext".into()), ..good() }),
        (
            "rights",
            "GRANT CREATE ON SCHEMA public TO parlor;",
            Facts { may_create_in_schema: false, ..good() },
        ),
        ("rights", "search_path", Facts { schema: None, ..good() }),
        ("rights", "`parlor migrate run` as ada", Facts { tables: tables.clone(), ..good() }),
        ("rights", "GRANT SELECT, INSERT, UPDATE, DELETE", Facts { tables, pending: 0, ..good() }),
        ("messages", "lc_messages = 'C'", Facts { messages: "de_DE.UTF-8".into(), ..good() }),
    ] {
        let text = only_problem(&facts, name);
        assert!(text.contains(remedy), "{text}");
    }
}
