DROP TRIGGER memberships_stamp;
CREATE TRIGGER memberships_stamp AFTER UPDATE OF last_read_seq, left_at ON memberships
WHEN OLD.last_read_seq <> NEW.last_read_seq OR (OLD.left_at IS NULL) <> (NEW.left_at IS NULL)
BEGIN
    UPDATE change_clock SET now = now + 1;
    UPDATE memberships SET stamp = (SELECT now FROM change_clock)
    WHERE room_id = NEW.room_id AND user_id = NEW.user_id;
END;
DROP TRIGGER rooms_stamp;
CREATE TRIGGER rooms_stamp AFTER UPDATE OF revision ON rooms WHEN OLD.revision <> NEW.revision
BEGIN
    UPDATE change_clock SET now = now + 1;
    UPDATE rooms SET stamp = (SELECT now FROM change_clock) WHERE id = NEW.id;
END;

DROP INDEX messages_deleted_outside_threads;
DROP INDEX messages_by_kind_in_threads;
DROP INDEX messages_by_kind_outside_threads;
CREATE INDEX messages_outside_threads ON messages (room_id, seq) WHERE thread_id IS NULL;
CREATE INDEX messages_by_kind ON messages (room_id, kind, seq) WHERE deleted_at IS NULL;
DROP INDEX messages_deleted_by_sender;
CREATE INDEX messages_by_sender ON messages (room_id, sender_id, seq);
DROP INDEX messages_changed;
CREATE INDEX messages_by_revision ON messages (room_id, revision);
CREATE INDEX messages_by_time ON messages (room_id, created_at);
