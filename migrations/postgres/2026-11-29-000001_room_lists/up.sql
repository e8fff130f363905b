-- For lists of rooms: the text that searches look through, the number of public rooms, and the order of their activity.
-- Triggers keep the latter two, so that they are right whatever release writes (docs/adr/0027-lists-of-rooms-count-nothing.md).

-- Name and description, folded. The former release leaves `folded_revision` behind `changed_revision`, and such a room is found
-- by its text in lower case, which is the same for ASCII; housekeeping folds the others.
ALTER TABLE rooms ADD COLUMN folded_text text NOT NULL DEFAULT '';
ALTER TABLE rooms ADD COLUMN folded_revision bigint NOT NULL DEFAULT -1; -- the `changed_revision` of the folded text
DROP INDEX rooms_search;
CREATE INDEX rooms_public_by_text ON rooms
    USING gin ((CASE WHEN folded_revision = changed_revision THEN folded_text ELSE search_text END) gin_trgm_ops)
    WHERE deleted_at IS NULL AND visibility = 0;
CREATE INDEX rooms_unfolded ON rooms (id) WHERE deleted_at IS NULL AND folded_revision <> changed_revision
    AND octet_length(search_text) <> char_length(search_text);

-- The sum of all rows is the number of public rooms: a transaction changes a row that no other holds, or adds one, so that
-- those who make rooms never wait for each other.
CREATE TABLE room_counts (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    public_rooms bigint NOT NULL
);
INSERT INTO room_counts (public_rooms) SELECT count(*) FROM rooms WHERE deleted_at IS NULL AND visibility = 0;

-- The public rooms in the order of their newest messages. In the table of rooms, that index would make each send write a new
-- version of the room into every index.
CREATE TABLE room_activity (
    room_id         uuid PRIMARY KEY REFERENCES rooms ON DELETE CASCADE,
    last_message_at timestamptz
) WITH (fillfactor = 70);
INSERT INTO room_activity (room_id, last_message_at)
    SELECT id, last_message_at FROM rooms WHERE deleted_at IS NULL AND visibility = 0;
CREATE INDEX room_activity_by_time ON room_activity (last_message_at, room_id);
DROP INDEX rooms_public_by_last_message;
DROP INDEX rooms_public_by_last_message_down;
-- Space for the new versions of rows beside the old.
ALTER TABLE rooms SET (fillfactor = 80);
-- The `last_seq` up to which the writer kept the activity itself; the former release does not.
ALTER TABLE rooms ADD COLUMN activity_seq bigint NOT NULL DEFAULT -1;

CREATE FUNCTION add_public_rooms(added bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE room_counts SET public_rooms = public_rooms + added
        WHERE id = (SELECT id FROM room_counts ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED);
    IF NOT FOUND THEN
        INSERT INTO room_counts (public_rooms) VALUES (added);
    END IF;
END $$;

CREATE FUNCTION rooms_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE added bigint;
BEGIN
    INSERT INTO room_activity (room_id, last_message_at)
        SELECT id, last_message_at FROM inserted WHERE deleted_at IS NULL AND visibility = 0;
    GET DIAGNOSTICS added = ROW_COUNT;
    IF added > 0 THEN
        PERFORM add_public_rooms(added);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER rooms_inserted AFTER INSERT ON rooms REFERENCING NEW TABLE AS inserted
    FOR EACH STATEMENT EXECUTE FUNCTION rooms_inserted();

CREATE FUNCTION rooms_erased() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE erased bigint;
BEGIN
    SELECT count(*) INTO erased FROM erased_rooms WHERE deleted_at IS NULL AND visibility = 0;
    IF erased > 0 THEN
        PERFORM add_public_rooms(-erased);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER rooms_erased AFTER DELETE ON rooms REFERENCING OLD TABLE AS erased_rooms
    FOR EACH STATEMENT EXECUTE FUNCTION rooms_erased();

CREATE FUNCTION room_shown_or_hidden() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.deleted_at IS NULL AND NEW.visibility = 0 THEN
        INSERT INTO room_activity (room_id, last_message_at) VALUES (NEW.id, NEW.last_message_at);
        PERFORM add_public_rooms(1);
    ELSE
        DELETE FROM room_activity WHERE room_id = NEW.id;
        PERFORM add_public_rooms(-1);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER room_shown_or_hidden AFTER UPDATE OF visibility, deleted_at ON rooms FOR EACH ROW
    WHEN ((OLD.deleted_at IS NULL AND OLD.visibility = 0) <> (NEW.deleted_at IS NULL AND NEW.visibility = 0))
    EXECUTE FUNCTION room_shown_or_hidden();

-- For the former release only.
CREATE FUNCTION room_active() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE room_activity SET last_message_at = NEW.last_message_at WHERE room_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER room_active AFTER UPDATE OF last_message_at ON rooms FOR EACH ROW
    WHEN (NEW.activity_seq <> NEW.last_seq AND NEW.last_message_at IS DISTINCT FROM OLD.last_message_at)
    EXECUTE FUNCTION room_active();
