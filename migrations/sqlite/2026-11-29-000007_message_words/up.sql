-- The words of messages, for searches: a row for each word of 32 messages in a row, in blocks of 1,024 messages. New rows of a room
-- lie close together, and a search walks its blocks from the newest to the oldest. Like messages, the table has no foreign keys.
CREATE TABLE message_words (
    room_id  BLOB NOT NULL,
    block    INTEGER NOT NULL,                     -- seq >> 10
    word     TEXT NOT NULL,
    chunk    INTEGER NOT NULL,                     -- seq >> 5
    messages INTEGER NOT NULL,                     -- a bit for each message of the chunk that has the word
    PRIMARY KEY (room_id, block, word, chunk)
) STRICT, WITHOUT ROWID;

-- The messages up to this one have their entries. A release that does not know the column leaves it behind `last_seq`, and
-- `parlor search reindex` finds the rooms where it is.
ALTER TABLE rooms ADD COLUMN words_seq INTEGER NOT NULL DEFAULT 0;

-- False for an edit by a release that makes no entries. Earlier edits are of messages without entries.
ALTER TABLE message_history ADD COLUMN in_words INTEGER NOT NULL DEFAULT 0;
UPDATE message_history SET in_words = 1;
CREATE INDEX message_history_not_in_words ON message_history (message_id, revision) WHERE NOT in_words;
