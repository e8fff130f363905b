-- Of a message, whether other tables have reactions to it and people whom it mentions; whether it mentions the room; and the
-- time and the revision of its pin.
ALTER TABLE messages ADD COLUMN reacted INTEGER NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN mentions_people INTEGER NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN mentions_room INTEGER NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN pinned_at INTEGER;
ALTER TABLE messages ADD COLUMN pinned_revision INTEGER;
CREATE INDEX messages_pinned ON messages (room_id, pinned_revision)
    WHERE pinned_revision IS NOT NULL AND deleted_at IS NULL;
-- Of a room, those that mention it: after a read mark, and in the order of all rooms.
CREATE INDEX messages_to_room ON messages (room_id, seq) WHERE mentions_room AND deleted_at IS NULL;
CREATE INDEX messages_to_room_by_time ON messages (room_id, created_at, id) WHERE mentions_room AND deleted_at IS NULL;

-- Each use of a reaction. Like messages, these tables have no foreign keys.
CREATE TABLE reactions (
    message_id BLOB NOT NULL,
    emoji      TEXT NOT NULL,
    user_id    BLOB NOT NULL,
    revision   INTEGER NOT NULL,                 -- of the change that added it: the order of use
    PRIMARY KEY (message_id, emoji, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX reactions_by_use ON reactions (message_id, emoji, revision);

-- The number of uses of each reaction, so that showing it reads no more of them than it shows.
CREATE TABLE reaction_counts (
    message_id BLOB NOT NULL,
    emoji      TEXT NOT NULL,
    uses       INTEGER NOT NULL,
    PRIMARY KEY (message_id, emoji)
) STRICT, WITHOUT ROWID;

-- The people whom messages mention that are not deleted, with what their lists and counts ask for.
CREATE TABLE mentions (
    message_id BLOB NOT NULL,
    user_id    BLOB NOT NULL,
    place      INTEGER NOT NULL,                 -- in the order of first appearance
    room_id    BLOB NOT NULL,
    seq        INTEGER NOT NULL,
    created_at INTEGER NOT NULL,                 -- of the message
    PRIMARY KEY (message_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX mentions_in_room ON mentions (user_id, room_id, seq);
CREATE INDEX mentions_by_time ON mentions (user_id, created_at, message_id);
