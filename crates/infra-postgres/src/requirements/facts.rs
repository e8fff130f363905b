//! The facts that requirements are checked against, read from the database.

use store_common::tables::TABLES;
use tokio_postgres::{Client, SimpleQueryMessage, SimpleQueryRow};

use super::sessions::Sessions;
use crate::migrations;
use crate::server::ConnectError;

/// The facts about a database. Names are quoted where SQL needs it.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own, read from the database")]
pub(super) struct Facts {
    /// As the server names it.
    pub version: String,
    /// The number of the version: 150018 is 15.18.
    pub version_number: u32,
    pub encoding: String,
    /// The language of error messages.
    pub messages: String,
    pub is_standby: bool,
    /// True where a transaction only reads, on a standby too.
    pub only_reads: bool,
    pub database: String,
    pub role: String,
    /// The schema in which tables are created; `None` where the search path names none that exists.
    pub schema: Option<String>,
    pub may_create_in_database: bool,
    pub may_create_in_schema: bool,
    pub extension: Extension,
    /// Those of Parlor that exist.
    pub tables: Vec<OwnTable>,
    /// The number of pending migrations.
    pub pending: usize,
    pub sessions: Sessions,
    /// True where statements are prepared for a session.
    pub prepares: bool,
}

/// The state of `pg_trgm`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Extension {
    Visible,
    /// Installed in that schema, which is not in the search path.
    Hidden(String),
    Available,
    Missing,
}

/// A table, and the role's rights on it.
#[derive(Debug, Clone)]
pub(super) struct OwnTable {
    pub name: String,
    pub owner: String,
    /// True where the role is its owner, or a member of it.
    pub owned: bool,
    /// True where the role may do all that a server does.
    pub usable: bool,
}

impl Facts {
    pub(super) fn major_version(&self) -> u32 {
        self.version_number / 10_000
    }
}

const DATABASE: &str = "SELECT current_setting('server_version'), current_setting('server_version_num'),
    current_setting('server_encoding'), current_setting('lc_messages', true), pg_is_in_recovery(),
    current_setting('transaction_read_only') = 'on', quote_ident(current_database()), quote_ident(current_user),
    quote_ident(current_schema()), has_database_privilege(current_database(), 'CREATE'),
    coalesce(has_schema_privilege(current_schema(), 'CREATE'), false),
    (SELECT quote_ident(n.nspname) FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
        WHERE e.extname = 'pg_trgm'),
    EXISTS (SELECT 1 FROM pg_opclass WHERE opcname = 'gin_trgm_ops' AND pg_opclass_is_visible(oid)),
    EXISTS (SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm')";

/// Reads the facts by statements that need no session.
pub(super) async fn read(client: &Client, sessions: Sessions, prepares: bool) -> anyhow::Result<Facts> {
    let rows = rows(client, DATABASE).await?;
    let text = |column: usize| rows.first().and_then(|row| row.get(column)).unwrap_or_default().to_owned();
    let optional = |column: usize| rows.first().and_then(|row| row.get(column)).map(str::to_owned);
    let flag = |column: usize| text(column) == "t";
    let extension = match (optional(11), flag(12), flag(13)) {
        (Some(_), true, _) => Extension::Visible,
        (Some(schema), false, _) => Extension::Hidden(schema),
        (None, _, true) => Extension::Available,
        (None, _, false) => Extension::Missing,
    };
    let tables = tables(client).await?;
    // Without the right to read it, the table of migrations is among those that are not usable.
    let pending = if tables.iter().any(|table| table.name == MIGRATIONS && !table.usable) {
        0
    } else {
        migrations::list_by(client).await?.iter().filter(|migration| !migration.applied).count()
    };
    Ok(Facts {
        version: text(0),
        version_number: text(1).parse().unwrap_or_default(),
        encoding: text(2),
        messages: text(3),
        is_standby: flag(4),
        only_reads: flag(5),
        database: text(6),
        role: text(7),
        schema: optional(8),
        may_create_in_database: flag(9),
        may_create_in_schema: flag(10),
        extension,
        tables,
        pending,
        sessions,
        prepares,
    })
}

/// The table in which Diesel keeps the applied migrations. A server only reads it.
const MIGRATIONS: &str = "__diesel_schema_migrations";

async fn tables(client: &Client) -> Result<Vec<OwnTable>, ConnectError> {
    let ours: Vec<String> = TABLES.iter().map(|table| format!("'{}'", table.name)).collect();
    let query = format!(
        "SELECT c.relname, quote_ident(pg_get_userbyid(c.relowner)), pg_has_role(c.relowner, 'USAGE'),
            has_table_privilege(c.oid, 'SELECT') AND (c.relname = '{MIGRATIONS}' OR
                has_table_privilege(c.oid, 'INSERT') AND has_table_privilege(c.oid, 'UPDATE')
                AND has_table_privilege(c.oid, 'DELETE'))
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p')
            AND c.relname IN ('{MIGRATIONS}', {}) ORDER BY c.relname",
        ours.join(", ")
    );
    let table = |row: SimpleQueryRow| {
        let text = |column: usize| row.get(column).unwrap_or_default().to_owned();
        OwnTable { name: text(0), owner: text(1), owned: text(2) == "t", usable: text(3) == "t" }
    };
    Ok(rows(client, &query).await?.into_iter().map(table).collect())
}

async fn rows(client: &Client, query: &str) -> Result<Vec<SimpleQueryRow>, ConnectError> {
    let answers = client.simple_query(query).await.map_err(|error| ConnectError::new(&error))?.into_iter();
    Ok(answers
        .filter_map(|answer| if let SimpleQueryMessage::Row(row) = answer { Some(row) } else { None })
        .collect())
}
