-- Each message goes into four indexes instead of eight (docs/adr/0041-a-message-goes-into-few-indexes.md). The former release finds
-- the same rows without them, and more slowly.

-- Times, and the revisions at which messages were sent, rise with seq, and are found by halving. For that the lower bounds that an
-- earlier migration noted may not fall.
UPDATE messages AS s SET sent_revision = risen.least
FROM (SELECT id, max(sent_revision) OVER (PARTITION BY room_id ORDER BY seq) AS least FROM messages) AS risen
WHERE s.id = risen.id AND s.sent_revision < risen.least;
DROP INDEX messages_by_time;
DROP INDEX messages_by_revision;
CREATE INDEX messages_changed ON messages (room_id, revision) WHERE revision <> sent_revision;

-- A sender's messages are those of each kind and the deleted ones.
DROP INDEX messages_by_sender;
CREATE INDEX messages_deleted_by_sender ON messages (room_id, sender_id, seq) WHERE deleted_at IS NOT NULL;

-- Those of a kind are those in threads and those outside; those outside threads are those of each kind and the deleted ones.
DROP INDEX messages_by_kind;
DROP INDEX messages_outside_threads;
CREATE INDEX messages_by_kind_outside_threads ON messages (room_id, kind, seq)
    WHERE deleted_at IS NULL AND thread_id IS NULL;
-- By another condition than that of the index of threads, which a planner would walk instead where threads are few.
CREATE INDEX messages_by_kind_in_threads ON messages (room_id, kind, seq)
    WHERE deleted_at IS NULL AND coalesce(thread_id, id) <> id;
CREATE INDEX messages_deleted_outside_threads ON messages (room_id, seq)
    WHERE deleted_at IS NOT NULL AND thread_id IS NULL;

-- Sends stamp the rows that they change themselves. What another statement or the former release leaves unstamped is stamped
-- behind it: a trigger before each row would read and lock it once more, even where it has nothing to do.
DROP TRIGGER rooms_stamp ON rooms;
DROP TRIGGER memberships_stamp ON memberships;
CREATE FUNCTION stamp_room() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE rooms SET stamp = pg_current_xact_id()::text::bigint WHERE id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER rooms_stamp AFTER UPDATE OF revision ON rooms FOR EACH ROW
    WHEN (OLD.revision <> NEW.revision AND OLD.stamp = NEW.stamp) EXECUTE FUNCTION stamp_room();
CREATE FUNCTION stamp_membership() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE memberships SET stamp = pg_current_xact_id()::text::bigint
        WHERE room_id = NEW.room_id AND user_id = NEW.user_id;
    RETURN NULL;
END $$;
CREATE TRIGGER memberships_stamp AFTER UPDATE OF last_read_seq, left_at ON memberships FOR EACH ROW
    WHEN ((OLD.last_read_seq <> NEW.last_read_seq OR OLD.left_at IS DISTINCT FROM NEW.left_at)
        AND OLD.stamp = NEW.stamp) EXECUTE FUNCTION stamp_membership();
