-- For replays: the revision at which each message was sent (`revision` is that of its latest change), and indexes of the
-- changes after a revision.
ALTER TABLE messages ADD COLUMN sent_revision bigint NOT NULL DEFAULT 0;
-- For a message that was changed since, only a lower bound is known: a replay reports it as edited, not as new.
UPDATE messages SET sent_revision = CASE WHEN edited_at IS NULL AND deleted_at IS NULL THEN revision ELSE seq END;
CREATE INDEX messages_by_revision ON messages (room_id, revision);
CREATE INDEX memberships_by_revision ON memberships (room_id, revision);
