-- The transaction of the latest change of a room, and of the beginning or the read mark of a membership: what a client has not seen yet is what its snapshot does
-- not include. Triggers write the stamps, so that every release and every statement does. 0 is before every snapshot.
ALTER TABLE rooms ADD COLUMN stamp bigint NOT NULL DEFAULT 0;
ALTER TABLE memberships ADD COLUMN stamp bigint NOT NULL DEFAULT 0;

CREATE FUNCTION stamp_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.stamp := pg_current_xact_id()::text::bigint;
    RETURN NEW;
END $$;
CREATE TRIGGER rooms_stamp BEFORE UPDATE ON rooms FOR EACH ROW
    WHEN (OLD.revision <> NEW.revision) EXECUTE FUNCTION stamp_change();
CREATE TRIGGER memberships_stamp_new BEFORE INSERT ON memberships FOR EACH ROW EXECUTE FUNCTION stamp_change();
CREATE TRIGGER memberships_stamp BEFORE UPDATE ON memberships FOR EACH ROW
    WHEN (OLD.last_read_seq <> NEW.last_read_seq OR OLD.left_at IS DISTINCT FROM NEW.left_at)
    EXECUTE FUNCTION stamp_change();

-- The rooms that a user is no longer a member of. They outlive the rooms, and their memberships.
CREATE TABLE departures (
    user_id uuid NOT NULL REFERENCES users,
    room_id uuid NOT NULL,
    stamp   bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (user_id, room_id)
);
CREATE INDEX departures_by_stamp ON departures (user_id, stamp, room_id);
INSERT INTO departures (user_id, room_id) SELECT user_id, room_id FROM memberships WHERE left_at IS NOT NULL;

CREATE FUNCTION note_departure() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.left_at IS NULL THEN
        DELETE FROM departures WHERE user_id = NEW.user_id AND room_id = NEW.room_id;
    ELSE
        INSERT INTO departures (user_id, room_id, stamp)
        VALUES (NEW.user_id, NEW.room_id, pg_current_xact_id()::text::bigint)
        ON CONFLICT (user_id, room_id) DO UPDATE SET stamp = excluded.stamp;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER memberships_departure AFTER UPDATE OF left_at ON memberships FOR EACH ROW
    WHEN (OLD.left_at IS DISTINCT FROM NEW.left_at) EXECUTE FUNCTION note_departure();

-- A membership that goes with its room ended when the room was deleted.
CREATE FUNCTION note_departure_with_room() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO departures (user_id, room_id, stamp)
    SELECT OLD.user_id, OLD.room_id, stamp FROM rooms WHERE id = OLD.room_id
    ON CONFLICT (user_id, room_id) DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER memberships_departure_with_room AFTER DELETE ON memberships FOR EACH ROW
    EXECUTE FUNCTION note_departure_with_room();
