DROP TRIGGER room_active ON rooms;
DROP TRIGGER room_shown_or_hidden ON rooms;
DROP TRIGGER rooms_erased ON rooms;
DROP TRIGGER rooms_inserted ON rooms;
DROP FUNCTION room_active, room_shown_or_hidden, rooms_erased, rooms_inserted, add_public_rooms;
ALTER TABLE rooms RESET (fillfactor);
DROP TABLE room_activity;
DROP TABLE room_counts;
DROP INDEX rooms_public_by_text, rooms_unfolded;
ALTER TABLE rooms DROP COLUMN activity_seq, DROP COLUMN folded_revision, DROP COLUMN folded_text;
CREATE INDEX rooms_public_by_last_message ON rooms (last_message_at, id) WHERE deleted_at IS NULL AND visibility = 0;
CREATE INDEX rooms_public_by_last_message_down ON rooms (last_message_at DESC NULLS LAST, id DESC)
    WHERE deleted_at IS NULL AND visibility = 0;
CREATE INDEX rooms_search ON rooms USING gin (search_text gin_trgm_ops) WHERE deleted_at IS NULL;
