//! The requirements of a PostgreSQL database, examined before anything else uses it. Each requirement has a name, a rule for the
//! documentation, and a check that says what was found and, where it is wrong, the remedy.

mod facts;
mod sessions;

use facts::{Extension, Facts};
use sessions::Sessions;

use crate::PostgresStore;

/// The oldest major version, whose `pg_trgm` a role may create that does not own the server.
const OLDEST: u32 = 13;

/// A requirement.
#[derive(Debug, Clone, Copy)]
pub struct Requirement {
    /// Its name.
    pub name: &'static str,
    /// Description of a database that meets it, in Markdown.
    pub rule: &'static str,
    check: fn(&Facts) -> Verdict,
}

/// The requirements, in the order in which they are examined.
pub const REQUIREMENTS: [Requirement; 7] = [
    Requirement { name: "version", rule: "PostgreSQL 13 or later", check: version },
    Requirement { name: "encoding", rule: "`server_encoding` is `UTF8`", check: encoding },
    Requirement {
        name: "sessions",
        rule: "connections keep their session, or `PARLOR_DATABASE_PREPARE=off` and they keep it for a transaction",
        check: sessions,
    },
    Requirement {
        name: "writes",
        rule: "neither a standby nor `default_transaction_read_only`",
        check: writes,
    },
    Requirement {
        name: "pg_trgm",
        rule: "the extension is there, or the role may create it: `CREATE` on the database",
        check: extension,
    },
    Requirement {
        name: "rights",
        rule: "while migrations are pending, `CREATE` on the schema and the ownership of Parlor's tables; then `SELECT`, \
               `INSERT`, `UPDATE` and `DELETE` on them",
        check: rights,
    },
    Requirement { name: "messages", rule: "`lc_messages` is English", check: messages },
];

/// Result of the check of a requirement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The database meets it; the text says how.
    Fine(String),
    /// The server works; the text recommends a change.
    Warning(String),
    /// The server would not work; the text names the reason and the remedy.
    Wrong(String),
}

use Verdict::{Fine, Warning, Wrong};

impl PostgresStore {
    /// Examines the database; returns the name of each requirement and the result of its check. The error is [`Unreachable`](crate::Unreachable)
    /// where a later attempt may succeed.
    pub async fn examine(&self) -> anyhow::Result<Vec<(&'static str, Verdict)>> {
        let client = self.database.client().await?;
        let sessions = sessions::examine(&client, &self.database.client().await?).await?;
        let facts = facts::read(&client, sessions, self.database.prepares()).await?;
        Ok(REQUIREMENTS.iter().map(|required| (required.name, (required.check)(&facts))).collect())
    }
}

fn version(facts: &Facts) -> Verdict {
    let text = &facts.version;
    if facts.major_version() >= OLDEST {
        Fine(text.clone())
    } else {
        Wrong(format!("it is {text}: upgrade PostgreSQL to {OLDEST} or later"))
    }
}

fn encoding(facts: &Facts) -> Verdict {
    let (encoding, database) = (&facts.encoding, &facts.database);
    if encoding == "UTF8" {
        return Fine(encoding.clone());
    }
    Wrong(format!(
        "database {database} has the encoding {encoding}, which can't store every character: create another one (CREATE \
         DATABASE … ENCODING 'UTF8' TEMPLATE template0) and name it in DATABASE_URL"
    ))
}

fn sessions(facts: &Facts) -> Verdict {
    match (facts.sessions, facts.prepares) {
        (Sessions::Kept, _) => Fine("each connection keeps its session".into()),
        (Sessions::PerTransaction, false) => {
            Fine("a pooler keeps a session for each transaction, and PARLOR_DATABASE_PREPARE is off".into())
        }
        (Sessions::PerTransaction, true) => Wrong(
            "DATABASE_URL leads to a pooler in transaction mode: set PARLOR_DATABASE_PREPARE=off, or have the pooler keep \
             sessions (pool_mode = session)"
                .into(),
        ),
        (Sessions::PerStatement, _) => Wrong(
            "DATABASE_URL leads to a pooler in statement mode, which allows no transactions: set pool_mode = transaction \
             with PARLOR_DATABASE_PREPARE=off, or pool_mode = session"
                .into(),
        ),
    }
}

fn writes(facts: &Facts) -> Verdict {
    if facts.is_standby {
        return Wrong(
            "it is a standby, which only reads: name the primary in DATABASE_URL, or promote it".into(),
        );
    }
    if facts.only_reads {
        return Wrong(
            "default_transaction_read_only is on, so it only reads: turn it off for the server, the database and the role"
                .into(),
        );
    }
    Fine("it takes writes".into())
}

fn extension(facts: &Facts) -> Verdict {
    let (database, role) = (&facts.database, &facts.role);
    match &facts.extension {
        Extension::Visible => Fine("it is installed".into()),
        Extension::Hidden(schema) => Wrong(format!(
            "it is in schema {schema}, which the search_path of role {role} does not contain: run as a superuser ALTER \
             EXTENSION pg_trgm SET SCHEMA public; or add {schema} to the search_path"
        )),
        Extension::Available if facts.may_create_in_database => Fine("the migrations create it".into()),
        Extension::Available => Wrong(format!(
            "it is not installed, and role {role} may not create it: run in database {database} as a superuser or its \
             owner CREATE EXTENSION pg_trgm; or GRANT CREATE ON DATABASE {database} TO {role};"
        )),
        Extension::Missing => Wrong(
            "the server does not have it: install the contrib modules of PostgreSQL (package postgresql-contrib)".into(),
        ),
    }
}

fn rights(facts: &Facts) -> Verdict {
    let role = &facts.role;
    let Some(schema) = &facts.schema else {
        return Wrong(format!(
            "role {role} sees no schema: create one that its search_path names, such as CREATE SCHEMA public;"
        ));
    };
    if facts.pending == 0 {
        let lacking: Vec<&str> =
            facts.tables.iter().filter(|table| !table.usable).map(|table| &*table.name).collect();
        return if lacking.is_empty() {
            Fine("the role may read and write every table".into())
        } else {
            Wrong(format!(
                "role {role} may not read and write {}: run as the owner GRANT SELECT, INSERT, UPDATE, DELETE ON ALL \
                 TABLES IN SCHEMA {schema} TO {role};",
                lacking.join(", ")
            ))
        };
    }
    if !facts.may_create_in_schema {
        return Wrong(format!(
            "{} migrations are pending, and role {role} may not create tables in schema {schema}: run as its owner GRANT \
             CREATE ON SCHEMA {schema} TO {role}; or run `parlor migrate run` as another role",
            facts.pending
        ));
    }
    if let Some(table) = facts.tables.iter().find(|table| !table.owned) {
        return Wrong(format!(
            "{} migrations are pending, and table {} belongs to {owner}: run `parlor migrate run` as {owner}, or GRANT \
             {owner} TO {role};",
            facts.pending,
            table.name,
            owner = table.owner
        ));
    }
    Fine(format!("the role may run the {} pending migrations", facts.pending))
}

/// Diesel passes on no SQLSTATE, so the text of a message tells an outage from a damaged row.
fn messages(facts: &Facts) -> Verdict {
    let (language, database) = (&facts.messages, &facts.database);
    let english =
        ["", "C", "POSIX"].contains(&&**language) || language.starts_with("C.") || language.starts_with("en");
    if english {
        return Fine("they are in English".into());
    }
    Warning(format!(
        "they are in {language}, so an outage may be answered with 500 instead of 503: ALTER DATABASE {database} SET \
         lc_messages = 'C';"
    ))
}

#[cfg(test)]
mod tests;
