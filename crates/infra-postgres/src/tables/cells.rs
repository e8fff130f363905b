//! Neutral values in PostgreSQL's binary form.

use std::error::Error;

use bytes::{BufMut, BytesMut};
use store_common::copy::Value;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, WrongType, to_sql_checked};
use uuid::Uuid;

/// Microseconds from 1970, the epoch of neutral values, to 2000, the epoch of PostgreSQL.
const EPOCH: i64 = 946_684_800_000_000;

type Fallible<T> = Result<T, Box<dyn Error + Sync + Send>>;

/// A value to write, in the form of the column's type.
#[derive(Debug)]
pub(super) struct Cell<'a>(pub &'a Value);

impl ToSql for Cell<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Fallible<IsNull> {
        match (self.0, ty) {
            (Value::Null, _) => return Ok(IsNull::Yes),
            (Value::Bytes(bytes), &Type::BYTEA) => out.put_slice(bytes),
            (Value::Flag(flag), &Type::BOOL) => out.put_u8(u8::from(*flag)),
            (Value::Id(id), &Type::UUID) => out.put_slice(id.as_bytes()),
            (Value::Moment(micros), &Type::TIMESTAMPTZ) => {
                out.put_i64(micros.checked_sub(EPOCH).ok_or("a moment out of range")?);
            }
            (Value::Number(number), &Type::INT2) => out.put_i16(i16::try_from(*number)?),
            (Value::Number(number), &Type::INT8) => out.put_i64(*number),
            (Value::Text(text), &Type::TEXT) => out.put_slice(text.as_bytes()),
            (value, ty) => return Err(format!("{value:?} does not go into a column of type {ty}").into()),
        }
        Ok(IsNull::No)
    }

    /// [`to_sql`](Self::to_sql) checks the type of each value.
    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// A value that was read.
pub(super) struct Found(pub Value);

impl FromSql<'_> for Found {
    fn from_sql(ty: &Type, raw: &[u8]) -> Fallible<Self> {
        Ok(Self(match *ty {
            Type::BYTEA => Value::Bytes(raw.to_vec()),
            Type::BOOL => Value::Flag(bool::from_sql(ty, raw)?),
            Type::UUID => Value::Id(Uuid::from_slice(raw)?),
            Type::TIMESTAMPTZ => {
                let micros = i64::from_be_bytes(raw.try_into()?);
                Value::Moment(micros.checked_add(EPOCH).ok_or("a moment out of range")?)
            }
            Type::INT2 => Value::Number(i16::from_sql(ty, raw)?.into()),
            Type::INT8 => Value::Number(i64::from_sql(ty, raw)?),
            Type::TEXT => Value::Text(String::from_sql(ty, raw)?),
            _ => return Err(WrongType::new::<Self>(ty.clone()).into()),
        }))
    }

    fn from_sql_null(_: &Type) -> Fallible<Self> {
        Ok(Self(Value::Null))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}
