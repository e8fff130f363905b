//! The plans of statements that the store runs.

use std::sync::{Mutex, PoisonError};

use diesel::connection::{Instrumentation, InstrumentationEvent};
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::Text;
use domain::StoreError;
use infra_sqlite::SqliteStore;

/// The statements of all connections since they were last taken.
static STATEMENTS: Mutex<Vec<String>> = Mutex::new(vec![]);

#[expect(clippy::unnecessary_wraps, reason = "Diesel asks for a function of this shape")]
pub(crate) fn recorder() -> Option<Box<dyn Instrumentation>> {
    Some(Box::new(|event: InstrumentationEvent<'_>| {
        if let InstrumentationEvent::StartQuery { query, .. } = event {
            let text = query.to_string();
            let text = text.split(" -- binds:").next().unwrap_or_default().to_owned();
            STATEMENTS.lock().unwrap_or_else(PoisonError::into_inner).push(text);
        }
    }))
}

#[derive(QueryableByName)]
struct StepRow {
    #[diesel(sql_type = Text)]
    detail: String,
}

/// A store, and a connection that reads the plans of its statements.
pub(crate) struct Planner {
    pub(crate) store: SqliteStore,
    pub(crate) beside: SqliteConnection,
    pub(crate) count: usize,
    /// The statements that scan or sort, with their plans.
    pub(crate) complaints: Vec<String>,
}

impl Planner {
    /// Runs a call of the store; returns its result and the plans of its statements.
    pub(crate) async fn record<T>(
        &mut self,
        call: impl Future<Output = Result<T, StoreError>>,
    ) -> (T, String) {
        STATEMENTS.lock().unwrap().clear();
        let answer = call.await.unwrap();
        let statements = std::mem::take(&mut *STATEMENTS.lock().unwrap());
        let mut plans = String::new();
        for statement in statements {
            let first = statement.split_whitespace().next().unwrap_or_default();
            if ["SELECT", "WITH", "INSERT", "UPDATE", "DELETE"].contains(&first) {
                let plan = self.plan(&statement);
                self.complaints.extend(complaints(&statement, &plan));
                plans.push_str(&plan);
                plans.push('\n');
                self.count += 1;
            }
        }
        (answer, plans)
    }

    fn plan(&mut self, statement: &str) -> String {
        let steps: Vec<StepRow> =
            sql_query(format!("EXPLAIN QUERY PLAN {statement}")).load(&mut self.beside).unwrap();
        let steps: Vec<String> = steps.into_iter().map(|step| step.detail).collect();
        steps.join("\n")
    }
}

/// The subqueries of lists, whose rows are those of a page, of one user, or of some rooms; tables of one row, and the rooms whose
/// visibility changed (`v`) since housekeeping last ran.
const SMALL: [&str; 24] = [
    "head",
    "half",
    "changed",
    "sent",
    "part",
    "p",
    "mine",
    "found",
    "walked",
    "room_counts",
    "CONSTANT ROW",
    "place",
    "change_clock",
    "words",
    "shown",
    "page",
    "blocks",
    "b",
    "next_rooms",
    "matched",
    "counts",
    "own",
    "v",
    "visibility_changes",
];

/// Returns each step that scans a table, except the public rooms in one of their orders, by a list that stops at its page, the
/// rooms that are to be folded, the edits that are to be indexed, the server admins, and by a search; and each that sorts messages
/// instead of reading them in order.
fn complaints(statement: &str, plan: &str) -> Vec<String> {
    let wrong = |step: &&str| {
        let scan = step.strip_prefix("SCAN ").is_some_and(|rest| {
            let indexed = rest.contains(" INDEX rooms_public_")
                || rest.ends_with(" INDEX rooms_unfolded")
                || rest.ends_with(" INDEX message_history_not_in_words")
                || rest.ends_with(" INDEX users_admins")
                || rest.starts_with("room_texts VIRTUAL TABLE INDEX")
                || rest.starts_with("json_each VIRTUAL TABLE INDEX");
            !SMALL.contains(&rest) && !rest.starts_with('(') && !indexed
        });
        let sort = step.contains("TEMP B-TREE FOR ORDER BY") && statement.contains("ORDER BY s.");
        scan || sort
    };
    let steps = plan.lines().filter(wrong);
    steps.map(|step| format!("{step}\nof\n{statement}\nis planned so:\n{plan}")).collect()
}
