-- Ids are the 16 bytes of a UUID, times microseconds since 1970 in UTC.
-- Enumerations are small integers, listed beside each column and in `store-common/src/sql_types.rs`.

CREATE TABLE users (
    id            BLOB PRIMARY KEY NOT NULL,
    username      TEXT NOT NULL,
    username_key  TEXT NOT NULL UNIQUE,  -- lower case
    email         TEXT NOT NULL,
    email_key     TEXT NOT NULL UNIQUE,     -- lower case
    password_hash TEXT NOT NULL,
    server_admin  INTEGER NOT NULL DEFAULT 0,
    created_at    INTEGER NOT NULL
) STRICT;

CREATE TABLE sessions (
    id         BLOB PRIMARY KEY NOT NULL,
    user_id    BLOB NOT NULL REFERENCES users,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    ended_at   INTEGER
) STRICT;
CREATE INDEX sessions_by_user ON sessions (user_id) WHERE ended_at IS NULL;
CREATE INDEX sessions_by_expiry ON sessions (expires_at);
CREATE INDEX sessions_by_end ON sessions (ended_at) WHERE ended_at IS NOT NULL;

CREATE TABLE rooms (
    id               BLOB PRIMARY KEY NOT NULL,
    name             TEXT NOT NULL,
    name_key         TEXT NOT NULL,  -- lower case, for the order by name
    description      TEXT,
    search_text      TEXT NOT NULL,              -- name and description in lower case
    visibility       INTEGER NOT NULL,          -- 0 public, 1 private
    slug             TEXT,           -- of public rooms only
    is_group         INTEGER NOT NULL DEFAULT 0,
    created_by       BLOB NOT NULL REFERENCES users,
    created_at       INTEGER NOT NULL,
    updated_at       INTEGER NOT NULL,
    member_count     INTEGER NOT NULL,
    last_seq         INTEGER NOT NULL DEFAULT 0,
    last_message_at  INTEGER,
    revision         INTEGER NOT NULL,            -- of the room's latest change of any kind
    changed_revision INTEGER NOT NULL,            -- of the latest change of the room's own fields
    deleted_at       INTEGER,
    CONSTRAINT rooms_slug_of_public CHECK ((slug IS NOT NULL) = (visibility = 0))
) STRICT;
CREATE UNIQUE INDEX rooms_slug ON rooms (slug) WHERE deleted_at IS NULL;
-- One for each order of the list of public rooms.
CREATE INDEX rooms_public_by_created ON rooms (created_at, id) WHERE deleted_at IS NULL AND visibility = 0;
CREATE INDEX rooms_public_by_name ON rooms (name_key, id) WHERE deleted_at IS NULL AND visibility = 0;
CREATE INDEX rooms_public_by_members ON rooms (member_count, id) WHERE deleted_at IS NULL AND visibility = 0;
CREATE INDEX rooms_public_by_last_message ON rooms (last_message_at, id) WHERE deleted_at IS NULL AND visibility = 0;
CREATE INDEX rooms_deleted ON rooms (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE TABLE memberships (
    room_id         BLOB NOT NULL REFERENCES rooms,
    user_id         BLOB NOT NULL REFERENCES users,
    role            INTEGER NOT NULL,           -- 0 admin, 1 member
    joined_at       INTEGER NOT NULL,
    last_read_seq   INTEGER NOT NULL,
    revision        INTEGER NOT NULL,             -- of the membership's latest change
    joined_revision INTEGER NOT NULL,             -- at which they last joined
    left_at         INTEGER,                 -- ended, not deleted: a replay must report it
    PRIMARY KEY (room_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX memberships_by_user ON memberships (user_id, room_id) WHERE left_at IS NULL;
CREATE INDEX memberships_by_joining ON memberships (room_id, joined_at, user_id) WHERE left_at IS NULL;
CREATE INDEX memberships_by_role ON memberships (room_id, role, joined_at, user_id) WHERE left_at IS NULL;

CREATE TABLE invitations (
    room_id    BLOB NOT NULL REFERENCES rooms,
    user_id    BLOB NOT NULL REFERENCES users,
    invited_by BLOB NOT NULL REFERENCES users,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (room_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX invitations_by_room ON invitations (room_id, created_at, user_id);
CREATE INDEX invitations_by_user ON invitations (user_id, created_at, room_id);

-- No foreign keys: the inserting transaction has read room and sender; a second check of every row would be a good part
-- of the cost of a send.
CREATE TABLE messages (
    id          BLOB PRIMARY KEY NOT NULL,
    room_id     BLOB NOT NULL,
    seq         INTEGER NOT NULL,
    revision    INTEGER NOT NULL,                 -- of the message's latest change
    sender_id   BLOB NOT NULL,
    kind        INTEGER NOT NULL,               -- 0 text, 1 image, 2 file
    content     TEXT,                            -- kept after deletion, for audit
    file_id     BLOB,
    client_key  TEXT,
    fingerprint BLOB,                           -- SHA-256 of the first message sent under the key
    created_at  INTEGER NOT NULL,
    edited_at   INTEGER,
    deleted_at  INTEGER,
    deleted_by  BLOB
) STRICT;
CREATE UNIQUE INDEX messages_by_seq ON messages (room_id, seq);
CREATE UNIQUE INDEX messages_by_key ON messages (room_id, sender_id, client_key) WHERE client_key IS NOT NULL;
CREATE INDEX messages_by_time ON messages (room_id, created_at);
CREATE INDEX messages_by_sender ON messages (room_id, sender_id, seq);
CREATE INDEX messages_by_kind ON messages (room_id, kind, seq) WHERE deleted_at IS NULL;
CREATE INDEX messages_deleted ON messages (room_id, seq) WHERE deleted_at IS NOT NULL;

-- The contents of messages before they were edited.
CREATE TABLE message_history (
    message_id BLOB NOT NULL,
    revision   INTEGER NOT NULL,                  -- of the change that ended it
    content    TEXT,
    changed_by BLOB NOT NULL,
    changed_at INTEGER NOT NULL,
    PRIMARY KEY (message_id, revision)
) STRICT, WITHOUT ROWID;
