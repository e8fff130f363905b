//! Neutral values as SQLite keeps them: ids as their 16 bytes, moments and flags as numbers.

use anyhow::{Context, bail, ensure};
use diesel::QueryableByName;
use diesel::deserialize::{self, FromSql};
use diesel::query_builder::{BoxedSqlQuery, SqlQuery};
use diesel::row::{Field, NamedRow, Row as Fields};
use diesel::sql_types::{BigInt, Binary, Nullable, Text};
use diesel::sqlite::{Sqlite, SqliteType};
use store_common::copy::{Row, Value};
use store_common::tables::{Column, Kind, Table};
use uuid::Uuid;

/// A row of any columns, with values of SQLite's types.
pub(super) struct AnyRow(Vec<Value>);

impl QueryableByName<Sqlite> for AnyRow {
    fn build<'a>(row: &impl NamedRow<'a, Sqlite>) -> deserialize::Result<Self> {
        let value = |place| -> deserialize::Result<Value> {
            let field = Fields::get(row, place).ok_or("a column is missing")?;
            let Some(value) = field.value() else { return Ok(Value::Null) };
            Ok(match value.value_type() {
                Some(SqliteType::Binary) => {
                    Value::Bytes(<Vec<u8> as FromSql<Binary, Sqlite>>::from_sql(value)?)
                }
                Some(SqliteType::Text) => Value::Text(<String as FromSql<Text, Sqlite>>::from_sql(value)?),
                Some(SqliteType::Long | SqliteType::Integer | SqliteType::SmallInt) => {
                    Value::Number(<i64 as FromSql<BigInt, Sqlite>>::from_sql(value)?)
                }
                _ => return Err("a value of a type that no column has".into()),
            })
        };
        (0..row.field_count()).map(value).collect::<deserialize::Result<_>>().map(Self)
    }
}

impl AnyRow {
    /// Returns the row as one of that table.
    pub(super) fn of(self, table: &Table) -> anyhow::Result<Row> {
        ensure!(self.0.len() == table.columns.len(), "a row of {} values", self.0.len());
        let fits = |(value, column): (Value, &Column)| {
            fit(value, column.kind).with_context(|| format!("{}.{}", table.name, column.name))
        };
        self.0.into_iter().zip(table.columns).map(fits).collect()
    }
}

fn fit(value: Value, kind: Kind) -> anyhow::Result<Value> {
    Ok(match (value, kind) {
        (Value::Bytes(bytes), Kind::Id) => Value::Id(Uuid::from_slice(&bytes)?),
        (Value::Number(number), Kind::Flag) => match number {
            0 => Value::Flag(false),
            1 => Value::Flag(true),
            other => bail!("the flag {other}"),
        },
        (Value::Number(micros), Kind::Moment) => Value::Moment(micros),
        (value, kind) => value.checked(kind)?,
    })
}

type Query = BoxedSqlQuery<'static, Sqlite, SqlQuery>;

/// Binds the next parameters.
pub(super) fn bind(query: Query, values: impl Iterator<Item = Value>) -> Query {
    values.fold(query, |query, value| match value {
        Value::Null => query.bind::<Nullable<Text>, _>(None::<String>),
        Value::Bytes(bytes) => query.bind::<Binary, _>(bytes),
        Value::Flag(flag) => query.bind::<BigInt, _>(i64::from(flag)),
        Value::Id(id) => query.bind::<Binary, _>(id.as_bytes().to_vec()),
        Value::Moment(number) | Value::Number(number) => query.bind::<BigInt, _>(number),
        Value::Text(text) => query.bind::<Text, _>(text),
    })
}

/// Returns that number of placeholders, separated by commas.
pub(super) fn placeholders(count: usize) -> String {
    vec!["?"; count].join(", ")
}
