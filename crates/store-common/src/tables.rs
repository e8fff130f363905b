//! Every table and column, as the migrations of both databases create them.

/// The kind of a column's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Bytes.
    Bytes,
    /// True or false.
    Flag,
    /// A UUID.
    Id,
    /// A moment, in microseconds since 1970.
    Moment,
    /// An integer.
    Number,
    /// Text.
    Text,
}

/// A column of a table.
#[derive(Debug)]
pub struct Column {
    /// Its name in either database.
    pub name: &'static str,
    /// The kind of its values that are not null.
    pub kind: Kind,
}

/// A table.
#[derive(Debug)]
pub struct Table {
    /// Its name in either database.
    pub name: &'static str,
    /// The number of columns, from the first on, that are its primary key. A key has ids, bytes, numbers and text that is
    /// compared by its bytes, which both databases sort alike.
    pub key: usize,
    /// Its columns.
    pub columns: &'static [Column],
}

impl Table {
    /// Returns the names of all columns, separated by commas.
    #[must_use]
    pub fn list(&self) -> String {
        names(self.columns)
    }

    /// Returns the names of the key's columns, separated by commas.
    #[must_use]
    pub fn key_list(&self) -> String {
        names(&self.columns[..self.key])
    }
}

fn names(columns: &[Column]) -> String {
    columns.iter().map(|column| column.name).collect::<Vec<_>>().join(", ")
}

/// The tables that a copy does not take from its source: the list of migrations, the identity of the database with its
/// relation to the file store, its clock of changes, and what triggers keep for lists.
pub const OWN_TABLES: [&str; 11] = [
    "__diesel_schema_migrations",
    "change_clock",
    "file_counts",
    "file_store",
    "room_activity",
    "room_counts",
    "room_texts",
    "room_texts_config",
    "room_texts_data",
    "room_texts_docsize",
    "room_texts_idx",
];

/// The columns that a copy does not take: the number of a row's latest change in the history of its own database, and a
/// mark of the writer for triggers.
pub const OWN_COLUMNS: [&str; 2] = ["activity_seq", "stamp"];

macro_rules! tables {
    ($($table:ident, key $key:literal { $($column:ident: $kind:ident,)+ })+) => {
        /// Every table; those that others refer to come first.
        pub const TABLES: &[Table] = &[$(Table {
            name: stringify!($table),
            key: $key,
            columns: &[$(Column { name: stringify!($column), kind: Kind::$kind },)+],
        },)+];
    };
}

tables! {
    users, key 1 {
        id: Id,
        username: Text,
        username_key: Text,
        email: Text,
        email_key: Text,
        password_hash: Text,
        server_admin: Flag,
        created_at: Moment,
        disabled_at: Moment,
    }
    admin_links, key 1 {
        id: Number,
        hash: Bytes,
        expires_at: Moment,
    }
    sessions, key 1 {
        id: Id,
        user_id: Id,
        created_at: Moment,
        expires_at: Moment,
        ended_at: Moment,
    }
    tickets, key 1 {
        hash: Bytes,
        session_id: Id,
        token_expires_at: Moment,
        expires_at: Moment,
    }
    rooms, key 1 {
        id: Id,
        name: Text,
        name_key: Text,
        description: Text,
        search_text: Text,
        visibility: Number,
        slug: Text,
        is_group: Flag,
        created_by: Id,
        created_at: Moment,
        updated_at: Moment,
        member_count: Number,
        last_seq: Number,
        last_message_at: Moment,
        revision: Number,
        changed_revision: Number,
        deleted_at: Moment,
        direct_key: Bytes,
        metadata: Text,
        folded_text: Text,
        folded_revision: Number,
        words_seq: Number,
    }
    memberships, key 2 {
        room_id: Id,
        user_id: Id,
        role: Number,
        joined_at: Moment,
        last_read_seq: Number,
        revision: Number,
        joined_revision: Number,
        left_at: Moment,
        maybe_private: Flag,
    }
    visibility_changes, key 1 {
        room_id: Id,
        marked_to: Id,
    }
    departures, key 2 {
        user_id: Id,
        room_id: Id,
    }
    invitations, key 2 {
        room_id: Id,
        user_id: Id,
        invited_by: Id,
        created_at: Moment,
    }
    files, key 1 {
        id: Id,
        name: Text,
        content_type: Text,
        size: Number,
        sha256: Bytes,
        image: Flag,
        uploaded_by: Id,
        created_at: Moment,
    }
    file_usage, key 1 {
        user_id: Id,
        bytes: Number,
    }
    upload_reservations, key 1 {
        file_id: Id,
        user_id: Id,
        bytes: Number,
        expires_at: Moment,
    }
    quarantined_files, key 1 {
        id: Id,
        since: Moment,
    }
    messages, key 1 {
        id: Id,
        room_id: Id,
        seq: Number,
        revision: Number,
        sender_id: Id,
        kind: Number,
        content: Text,
        file_id: Id,
        client_key: Text,
        fingerprint: Bytes,
        created_at: Moment,
        edited_at: Moment,
        deleted_at: Moment,
        deleted_by: Id,
        sent_revision: Number,
        reply_to: Id,
        thread_id: Id,
        replies: Number,
        metadata: Text,
        reacted: Flag,
        mentions_people: Flag,
        mentions_room: Flag,
        pinned_at: Moment,
        pinned_revision: Number,
    }
    reactions, key 3 {
        message_id: Id,
        emoji: Text,
        user_id: Id,
        revision: Number,
    }
    reaction_counts, key 2 {
        message_id: Id,
        emoji: Text,
        uses: Number,
    }
    mentions, key 2 {
        message_id: Id,
        user_id: Id,
        place: Number,
        room_id: Id,
        seq: Number,
        created_at: Moment,
    }
    kept_answers, key 1 {
        id: Id,
        fingerprint: Bytes,
        answer: Bytes,
        created_at: Moment,
    }
    audit_events, key 1 {
        id: Id,
        created_at: Moment,
        kind: Number,
        detail: Number,
        room_id: Id,
        actor_id: Id,
        target_id: Id,
        message_id: Id,
        address: Text,
    }
    message_history, key 2 {
        message_id: Id,
        revision: Number,
        content: Text,
        changed_by: Id,
        changed_at: Moment,
        in_words: Flag,
    }
    word_pages, key 3 {
        room_id: Id,
        start: Number,
        word: Text,
        words: Text,
    }
}
