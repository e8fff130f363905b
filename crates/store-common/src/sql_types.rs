//! SQL types that both databases implement, and the domain values of each: a row or a parameter is written once and
//! serves PostgreSQL and SQLite.

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, Queryable};
use diesel::pg::{Pg, PgValue};
use diesel::query_builder::QueryId;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{BigInt, SmallInt, SqlType, Timestamptz};
use diesel::sqlite::{Sqlite, SqliteValue};
use domain::audit::AuditKind;
use domain::membership::Role;
use domain::message::MessageKind;
use domain::room::Visibility;
use domain::{AnswerId, AuditEventId, DatabaseId, FileId, MessageId, RoomId, SessionId, Timestamp, UserId};
use uuid::Uuid;

/// An id: `uuid` in PostgreSQL, a blob of 16 bytes in SQLite.
#[derive(Debug, Clone, Copy, Default, QueryId, SqlType)]
#[diesel(postgres_type(oid = 2950, array_oid = 2951), sqlite_type(name = "Binary"))]
pub struct Id;

/// A moment: `timestamptz` in PostgreSQL, microseconds since 1970 in SQLite.
#[derive(Debug, Clone, Copy, Default, QueryId, SqlType)]
#[diesel(postgres_type(oid = 1184, array_oid = 1185), sqlite_type(name = "Long"))]
pub struct Moment;

/// The number of an enumeration's value ([`Coded`]): `smallint` in PostgreSQL, an integer in SQLite.
#[derive(Debug, Clone, Copy, Default, QueryId, SqlType)]
#[diesel(postgres_type(oid = 21, array_oid = 1005), sqlite_type(name = "Integer"))]
pub struct Code;

/// Implements [`Queryable`] for values that are read from one column.
macro_rules! queryable {
    ($sql_type:ident: $($value:ty),+) => {$(
        impl<DB: Backend> Queryable<$sql_type, DB> for $value
        where
            Self: FromSql<$sql_type, DB>,
        {
            type Row = Self;

            fn build(row: Self) -> deserialize::Result<Self> {
                Ok(row)
            }
        }
    )+};
}

queryable!(Id: UserId, SessionId, RoomId, MessageId, FileId, AnswerId, DatabaseId, AuditEventId);
queryable!(Moment: Timestamp);
queryable!(Code: Role, Visibility, MessageKind, AuditKind);

macro_rules! ids {
    ($($id:ident),+) => {$(
        impl FromSql<Id, Pg> for $id {
            fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
                <Uuid as FromSql<diesel::sql_types::Uuid, Pg>>::from_sql(value).map($id)
            }
        }

        impl FromSql<Id, Sqlite> for $id {
            fn from_sql(mut value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
                Ok($id(Uuid::from_slice(value.read_blob())?))
            }
        }

        impl ToSql<Id, Pg> for $id {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
                ToSql::<diesel::sql_types::Uuid, Pg>::to_sql(&self.0, out)
            }
        }

        impl ToSql<Id, Sqlite> for $id {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
                out.set_value(self.0.as_bytes().as_slice());
                Ok(IsNull::No)
            }
        }
    )+};
}

ids!(UserId, SessionId, RoomId, MessageId, FileId, AnswerId, DatabaseId, AuditEventId);

/// The microseconds from 1970 to 2000, from which PostgreSQL counts.
const MICROS_TO_2000: i64 = 946_684_800_000_000;

impl FromSql<Moment, Pg> for Timestamp {
    /// Reads the number itself: Diesel adds it to a date as a duration, which takes longer for each row.
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        let micros = <i64 as FromSql<BigInt, Pg>>::from_sql(value)?;
        let moment = micros.checked_add(MICROS_TO_2000).and_then(Self::from_unix_micros);
        moment.ok_or_else(|| format!("the time {micros} since 2000 is out of range").into())
    }
}

impl FromSql<Moment, Sqlite> for Timestamp {
    fn from_sql(mut value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
        let micros = value.read_long();
        Self::from_unix_micros(micros).ok_or_else(|| format!("the time {micros} is out of range").into())
    }
}

impl ToSql<Moment, Pg> for Timestamp {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        ToSql::<Timestamptz, Pg>::to_sql(&self.as_datetime(), &mut out.reborrow())
    }
}

impl ToSql<Moment, Sqlite> for Timestamp {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.unix_micros());
        Ok(IsNull::No)
    }
}

/// An enumeration that the databases keep as small numbers; the migrations list them too.
pub trait Coded: Copy {
    /// Returns the number of this value.
    fn code(self) -> i16;
}

macro_rules! codes {
    ($($enumeration:ident { $($value:ident = $code:literal),+ })+) => {$(
        impl Coded for $enumeration {
            fn code(self) -> i16 {
                match self {
                    $(Self::$value => $code,)+
                }
            }
        }

        impl FromSql<Code, Pg> for $enumeration {
            fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
                match <i16 as FromSql<SmallInt, Pg>>::from_sql(value)? {
                    $($code => Ok(Self::$value),)+
                    other => Err(format!(concat!("unknown ", stringify!($enumeration), " {}"), other).into()),
                }
            }
        }

        impl FromSql<Code, Sqlite> for $enumeration {
            fn from_sql(mut value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
                match value.read_integer() {
                    $($code => Ok(Self::$value),)+
                    other => Err(format!(concat!("unknown ", stringify!($enumeration), " {}"), other).into()),
                }
            }
        }

        impl ToSql<Code, Pg> for $enumeration {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
                ToSql::<SmallInt, Pg>::to_sql(&self.code(), &mut out.reborrow())
            }
        }

        impl ToSql<Code, Sqlite> for $enumeration {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
                out.set_value(i32::from(self.code()));
                Ok(IsNull::No)
            }
        }
    )+};
}

codes! {
    Role { Admin = 0, Member = 1 }
    Visibility { Public = 0, Private = 1 }
    MessageKind { Text = 0, Image = 1, File = 2 }
    AuditKind {
        RoomCreated = 0,
        RoomUpdated = 1,
        RoomDeleted = 2,
        MemberJoined = 3,
        MemberAdded = 4,
        MemberLeft = 5,
        MemberRemoved = 6,
        RoleChanged = 7,
        InvitationMade = 8,
        InvitationWithdrawn = 9,
        InvitationDeclined = 10,
        InvitationUsed = 11,
        MessageDeleted = 12,
        AccountCreated = 13,
        LoggedIn = 14,
        LoginFailed = 15,
        LoggedOut = 16,
        PasswordChanged = 17,
        PasswordChangeFailed = 18,
        PasswordReset = 19,
        ServerAdminGranted = 20,
        ServerAdminWithdrawn = 21,
        AccountDisabled = 22,
        AccountEnabled = 23,
        SessionsEnded = 24
    }
}
