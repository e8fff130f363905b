-- For lists of rooms: the caller's memberships in private rooms, found without those in public rooms
-- (docs/adr/0027-lists-of-rooms-count-nothing.md).

-- False only where the room is public, or in the table below. True for what the former release inserts.
ALTER TABLE memberships ADD COLUMN maybe_private boolean NOT NULL DEFAULT true;

-- The rooms whose visibility changed since the column was set in their memberships: a room of many turns private in one row, and
-- housekeeping sets the column, in the order of users.
CREATE TABLE visibility_changes (
    room_id   uuid PRIMARY KEY REFERENCES rooms ON DELETE CASCADE,
    marked_to uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000' -- the last user whose membership has it
);
CREATE FUNCTION note_visibility() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO visibility_changes (room_id) VALUES (NEW.id)
    ON CONFLICT (room_id) DO UPDATE SET marked_to = excluded.marked_to;
    RETURN NULL;
END $$;
-- The planner takes a table that was never analyzed for one of ten pages, and would rather walk all memberships of the caller.
ANALYZE visibility_changes;
-- A new room gets its visibility with its first revision, before its members.
CREATE TRIGGER rooms_visibility AFTER UPDATE OF visibility ON rooms FOR EACH ROW
    WHEN (OLD.visibility <> NEW.visibility AND OLD.revision > 0) EXECUTE FUNCTION note_visibility();

-- The trigger's lock keeps visibilities as they are until the commit.
UPDATE memberships m SET maybe_private = false FROM rooms r WHERE r.id = m.room_id AND r.visibility = 0;
CREATE INDEX memberships_maybe_private ON memberships (user_id, room_id) WHERE maybe_private AND left_at IS NULL;
