DROP TRIGGER memberships_stamp ON memberships;
DROP TRIGGER rooms_stamp ON rooms;
DROP FUNCTION stamp_membership();
DROP FUNCTION stamp_room();
CREATE TRIGGER rooms_stamp BEFORE UPDATE ON rooms FOR EACH ROW
    WHEN (OLD.revision <> NEW.revision) EXECUTE FUNCTION stamp_change();
CREATE TRIGGER memberships_stamp BEFORE UPDATE ON memberships FOR EACH ROW
    WHEN (OLD.last_read_seq <> NEW.last_read_seq OR OLD.left_at IS DISTINCT FROM NEW.left_at)
    EXECUTE FUNCTION stamp_change();

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
