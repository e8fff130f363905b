//! Values and rows of no particular database.

use anyhow::bail;
use uuid::Uuid;

use crate::tables::Kind;

/// The value of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Null.
    Null,
    /// Bytes.
    Bytes(Vec<u8>),
    /// True or false.
    Flag(bool),
    /// A UUID.
    Id(Uuid),
    /// A moment, in microseconds since 1970.
    Moment(i64),
    /// An integer.
    Number(i64),
    /// Text.
    Text(String),
}

/// A value for each column of a table.
pub type Row = Vec<Value>;

impl Value {
    /// Returns the value; fails where a column of that kind can't contain it.
    pub fn checked(self, kind: Kind) -> anyhow::Result<Self> {
        match (&self, kind) {
            (Self::Null, _)
            | (Self::Bytes(_), Kind::Bytes)
            | (Self::Flag(_), Kind::Flag)
            | (Self::Id(_), Kind::Id)
            | (Self::Moment(_), Kind::Moment)
            | (Self::Number(_), Kind::Number)
            | (Self::Text(_), Kind::Text) => Ok(self),
            _ => bail!("{self:?} where a {kind:?} should be"),
        }
    }

    /// Feeds the value to a checksum in such a way that two rows of different values never feed the same bytes.
    pub(super) fn feed(&self, to: &mut impl FnMut(&[u8])) {
        let mut tagged = |tag: u8, bytes: &[u8]| {
            to(&[tag]);
            to(&(bytes.len() as u64).to_le_bytes());
            to(bytes);
        };
        match self {
            Self::Null => tagged(0, &[]),
            Self::Bytes(bytes) => tagged(1, bytes),
            Self::Flag(flag) => tagged(2, &[u8::from(*flag)]),
            Self::Id(id) => tagged(3, id.as_bytes()),
            Self::Moment(micros) => tagged(4, &micros.to_le_bytes()),
            Self::Number(number) => tagged(5, &number.to_le_bytes()),
            Self::Text(text) => tagged(6, text.as_bytes()),
        }
    }
}
