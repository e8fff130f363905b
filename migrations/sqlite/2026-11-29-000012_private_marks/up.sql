-- For lists of rooms: the caller's memberships in private rooms, found without those in public rooms
-- (docs/adr/0027-lists-of-rooms-count-nothing.md).

-- False only where the room is public, or in the table below. True for what the former release inserts.
ALTER TABLE memberships ADD COLUMN maybe_private INTEGER NOT NULL DEFAULT 1;

-- The rooms whose visibility changed since the column was set in their memberships: a room of many turns private in one row, and
-- housekeeping sets the column, in the order of users.
CREATE TABLE visibility_changes (
    room_id   BLOB PRIMARY KEY NOT NULL REFERENCES rooms ON DELETE CASCADE,
    marked_to BLOB NOT NULL DEFAULT x'00000000000000000000000000000000' -- the last user whose membership has it
) STRICT, WITHOUT ROWID;
-- A new room gets its visibility with its first revision, before its members.
CREATE TRIGGER rooms_visibility AFTER UPDATE OF visibility ON rooms
WHEN OLD.visibility <> NEW.visibility AND OLD.revision > 0
BEGIN
    INSERT INTO visibility_changes (room_id) VALUES (NEW.id)
    ON CONFLICT (room_id) DO UPDATE SET marked_to = excluded.marked_to;
END;

UPDATE memberships SET maybe_private = 0 WHERE room_id IN (SELECT id FROM rooms WHERE visibility = 0);
CREATE INDEX memberships_maybe_private ON memberships (user_id, room_id) WHERE maybe_private AND left_at IS NULL;
