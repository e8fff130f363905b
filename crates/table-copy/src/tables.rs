//! Which tables and columns there are.

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Bytes.
    Bytes,
    /// Yes or no.
    Flag,
    /// A UUID.
    Id,
    /// A moment, in microseconds since 1970.
    Moment,
    /// A whole number.
    Number,
    /// Text.
    Text,
}

/// A column of a table.
#[derive(Debug)]
pub struct Column {
    /// Its name in every database.
    pub name: &'static str,
    /// What it holds, if anything.
    pub kind: Kind,
}

/// A table.
#[derive(Debug)]
pub struct Table {
    /// Its name in every database.
    pub name: &'static str,
    /// How many of the first columns are its primary key. A key holds ids and numbers only, which every database sorts
    /// alike.
    pub key: usize,
    /// Its columns.
    pub columns: &'static [Column],
}

impl Table {
    /// The names of all columns, with commas between them.
    #[must_use]
    pub fn list(&self) -> String {
        names(self.columns)
    }

    /// The names of the key's columns, with commas between them.
    #[must_use]
    pub fn key_list(&self) -> String {
        names(&self.columns[..self.key])
    }
}

fn names(columns: &[Column]) -> String {
    columns.iter().map(|column| column.name).collect::<Vec<_>>().join(", ")
}

const fn column(name: &'static str, kind: Kind) -> Column {
    Column { name, kind }
}

use Kind::{Bytes, Flag, Id, Moment, Number, Text};

/// Every table; those that others refer to come first.
pub const TABLES: &[Table] = &[
    Table {
        name: "users",
        key: 1,
        columns: &[
            column("id", Id),
            column("username", Text),
            column("username_key", Text),
            column("email", Text),
            column("email_key", Text),
            column("password_hash", Text),
            column("server_admin", Flag),
            column("created_at", Moment),
        ],
    },
    Table {
        name: "sessions",
        key: 1,
        columns: &[
            column("id", Id),
            column("user_id", Id),
            column("created_at", Moment),
            column("expires_at", Moment),
            column("ended_at", Moment),
        ],
    },
    Table {
        name: "rooms",
        key: 1,
        columns: &[
            column("id", Id),
            column("name", Text),
            column("name_key", Text),
            column("description", Text),
            column("search_text", Text),
            column("visibility", Number),
            column("slug", Text),
            column("is_group", Flag),
            column("created_by", Id),
            column("created_at", Moment),
            column("updated_at", Moment),
            column("member_count", Number),
            column("last_seq", Number),
            column("last_message_at", Moment),
            column("revision", Number),
            column("changed_revision", Number),
            column("deleted_at", Moment),
        ],
    },
    Table {
        name: "memberships",
        key: 2,
        columns: &[
            column("room_id", Id),
            column("user_id", Id),
            column("role", Number),
            column("joined_at", Moment),
            column("last_read_seq", Number),
            column("revision", Number),
            column("joined_revision", Number),
            column("left_at", Moment),
        ],
    },
    Table {
        name: "invitations",
        key: 2,
        columns: &[
            column("room_id", Id),
            column("user_id", Id),
            column("invited_by", Id),
            column("created_at", Moment),
        ],
    },
    Table {
        name: "files",
        key: 1,
        columns: &[
            column("id", Id),
            column("name", Text),
            column("content_type", Text),
            column("size", Number),
            column("sha256", Bytes),
            column("image", Flag),
            column("uploaded_by", Id),
            column("created_at", Moment),
        ],
    },
    Table {
        name: "messages",
        key: 1,
        columns: &[
            column("id", Id),
            column("room_id", Id),
            column("seq", Number),
            column("revision", Number),
            column("sender_id", Id),
            column("kind", Number),
            column("content", Text),
            column("file_id", Id),
            column("client_key", Text),
            column("fingerprint", Bytes),
            column("created_at", Moment),
            column("edited_at", Moment),
            column("deleted_at", Moment),
            column("deleted_by", Id),
            column("sent_revision", Number),
        ],
    },
    Table {
        name: "message_history",
        key: 2,
        columns: &[
            column("message_id", Id),
            column("revision", Number),
            column("content", Text),
            column("changed_by", Id),
            column("changed_at", Moment),
        ],
    },
];
