-- Text that is compared or ordered has COLLATE "C", so that every server, whatever its locale, and SQLite agree.
-- Enumerations are small integers, listed beside each column and in `store-common/src/sql_types.rs`.

CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE TABLE users (
    id            uuid PRIMARY KEY,
    username      text NOT NULL,
    username_key  text COLLATE "C" NOT NULL CONSTRAINT users_username_key UNIQUE,  -- lower case
    email         text NOT NULL,
    email_key     text COLLATE "C" NOT NULL CONSTRAINT users_email_key UNIQUE,     -- lower case
    password_hash text NOT NULL,
    server_admin  boolean NOT NULL DEFAULT false,
    created_at    timestamptz NOT NULL
);

CREATE TABLE sessions (
    id         uuid PRIMARY KEY,
    user_id    uuid NOT NULL REFERENCES users,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    ended_at   timestamptz
);
CREATE INDEX sessions_by_user ON sessions (user_id) WHERE ended_at IS NULL;
CREATE INDEX sessions_by_expiry ON sessions (expires_at);
CREATE INDEX sessions_by_end ON sessions (ended_at) WHERE ended_at IS NOT NULL;

CREATE TABLE rooms (
    id               uuid PRIMARY KEY,
    name             text NOT NULL,
    name_key         text COLLATE "C" NOT NULL,  -- lower case, for the order by name
    description      text,
    search_text      text NOT NULL,              -- name and description in lower case
    visibility       smallint NOT NULL,          -- 0 public, 1 private
    slug             text COLLATE "C",           -- of public rooms only
    is_group         boolean NOT NULL DEFAULT false,
    created_by       uuid NOT NULL REFERENCES users,
    created_at       timestamptz NOT NULL,
    updated_at       timestamptz NOT NULL,
    member_count     bigint NOT NULL,
    last_seq         bigint NOT NULL DEFAULT 0,
    last_message_at  timestamptz,
    revision         bigint NOT NULL,            -- of the room's latest change of any kind
    changed_revision bigint NOT NULL,            -- of the latest change of the room's own fields
    deleted_at       timestamptz,
    CONSTRAINT rooms_slug_of_public CHECK ((slug IS NOT NULL) = (visibility = 0))
);
CREATE UNIQUE INDEX rooms_slug ON rooms (slug) WHERE deleted_at IS NULL;
-- One for each order of the list of public rooms.
CREATE INDEX rooms_public_by_created ON rooms (created_at, id) WHERE deleted_at IS NULL AND visibility = 0;
CREATE INDEX rooms_public_by_name ON rooms (name_key, id) WHERE deleted_at IS NULL AND visibility = 0;
CREATE INDEX rooms_public_by_members ON rooms (member_count, id) WHERE deleted_at IS NULL AND visibility = 0;
CREATE INDEX rooms_public_by_last_message ON rooms (last_message_at, id) WHERE deleted_at IS NULL AND visibility = 0;
CREATE INDEX rooms_public_by_last_message_down ON rooms (last_message_at DESC NULLS LAST, id DESC)
    WHERE deleted_at IS NULL AND visibility = 0;
CREATE INDEX rooms_search ON rooms USING gin (search_text gin_trgm_ops) WHERE deleted_at IS NULL;
CREATE INDEX rooms_deleted ON rooms (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE TABLE memberships (
    room_id         uuid NOT NULL REFERENCES rooms,
    user_id         uuid NOT NULL REFERENCES users,
    role            smallint NOT NULL,           -- 0 admin, 1 member
    joined_at       timestamptz NOT NULL,
    last_read_seq   bigint NOT NULL,
    revision        bigint NOT NULL,             -- of the membership's latest change
    joined_revision bigint NOT NULL,             -- at which they last joined
    left_at         timestamptz,                 -- ended, not deleted: a replay must report it
    PRIMARY KEY (room_id, user_id)
);
CREATE INDEX memberships_by_user ON memberships (user_id, room_id) WHERE left_at IS NULL;
CREATE INDEX memberships_by_joining ON memberships (room_id, joined_at, user_id) WHERE left_at IS NULL;
CREATE INDEX memberships_by_role ON memberships (room_id, role, joined_at, user_id) WHERE left_at IS NULL;

CREATE TABLE invitations (
    room_id    uuid NOT NULL REFERENCES rooms,
    user_id    uuid NOT NULL REFERENCES users,
    invited_by uuid NOT NULL REFERENCES users,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (room_id, user_id)
);
CREATE INDEX invitations_by_room ON invitations (room_id, created_at, user_id);
CREATE INDEX invitations_by_user ON invitations (user_id, created_at, room_id);

-- No foreign keys: the inserting transaction has read room and sender and locked the room; a second check of every row
-- would be a good part of the cost of a send.
CREATE TABLE messages (
    id          uuid PRIMARY KEY,
    room_id     uuid NOT NULL,
    seq         bigint NOT NULL,
    revision    bigint NOT NULL,                 -- of the message's latest change
    sender_id   uuid NOT NULL,
    kind        smallint NOT NULL,               -- 0 text, 1 image, 2 file
    content     text,                            -- kept after deletion, for audit
    file_id     uuid,
    client_key  text COLLATE "C",
    fingerprint bytea,                           -- SHA-256 of the first message sent under the key
    created_at  timestamptz NOT NULL,
    edited_at   timestamptz,
    deleted_at  timestamptz,
    deleted_by  uuid
);
CREATE UNIQUE INDEX messages_by_seq ON messages (room_id, seq);
CREATE UNIQUE INDEX messages_by_key ON messages (room_id, sender_id, client_key) WHERE client_key IS NOT NULL;
CREATE INDEX messages_by_time ON messages (room_id, created_at);
CREATE INDEX messages_by_sender ON messages (room_id, sender_id, seq);
CREATE INDEX messages_by_kind ON messages (room_id, kind, seq) WHERE deleted_at IS NULL;
CREATE INDEX messages_deleted ON messages (room_id, seq) WHERE deleted_at IS NOT NULL;

-- The contents of messages before they were edited.
CREATE TABLE message_history (
    message_id uuid NOT NULL,
    revision   bigint NOT NULL,                  -- of the change that ended it
    content    text,
    changed_by uuid NOT NULL,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (message_id, revision)
);
