-- The number of the latest change of a room, and of the beginning or the read mark of a membership, in the one order of all
-- commits: what a client has not seen yet has a later number. Triggers write the stamps, so that every release and every statement does. 0 is before the first.
ALTER TABLE rooms ADD COLUMN stamp INTEGER NOT NULL DEFAULT 0;
ALTER TABLE memberships ADD COLUMN stamp INTEGER NOT NULL DEFAULT 0;

-- One row: the latest number, and a random name for the history that these numbers belong to, which a restored database
-- does not share.
CREATE TABLE change_clock (
    one   INTEGER PRIMARY KEY NOT NULL CHECK (one = 1),
    epoch INTEGER NOT NULL,
    now   INTEGER NOT NULL
) STRICT;
INSERT INTO change_clock (one, epoch, now) VALUES (1, random() & 4294967295, 0);

CREATE TRIGGER rooms_stamp AFTER UPDATE OF revision ON rooms WHEN OLD.revision <> NEW.revision
BEGIN
    UPDATE change_clock SET now = now + 1;
    UPDATE rooms SET stamp = (SELECT now FROM change_clock) WHERE id = NEW.id;
END;
CREATE TRIGGER memberships_stamp_new AFTER INSERT ON memberships
BEGIN
    UPDATE change_clock SET now = now + 1;
    UPDATE memberships SET stamp = (SELECT now FROM change_clock)
    WHERE room_id = NEW.room_id AND user_id = NEW.user_id;
END;
CREATE TRIGGER memberships_stamp AFTER UPDATE OF last_read_seq, left_at ON memberships
WHEN OLD.last_read_seq <> NEW.last_read_seq OR (OLD.left_at IS NULL) <> (NEW.left_at IS NULL)
BEGIN
    UPDATE change_clock SET now = now + 1;
    UPDATE memberships SET stamp = (SELECT now FROM change_clock)
    WHERE room_id = NEW.room_id AND user_id = NEW.user_id;
END;

-- The rooms that a user is no longer a member of. They outlive the rooms, and their memberships.
CREATE TABLE departures (
    user_id BLOB NOT NULL REFERENCES users,
    room_id BLOB NOT NULL,
    stamp   INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (user_id, room_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX departures_by_stamp ON departures (user_id, stamp, room_id);
INSERT INTO departures (user_id, room_id) SELECT user_id, room_id FROM memberships WHERE left_at IS NOT NULL;

CREATE TRIGGER memberships_departure AFTER UPDATE OF left_at ON memberships
WHEN OLD.left_at IS NULL AND NEW.left_at IS NOT NULL
BEGIN
    UPDATE change_clock SET now = now + 1;
    INSERT INTO departures (user_id, room_id, stamp) SELECT NEW.user_id, NEW.room_id, now FROM change_clock WHERE true
    ON CONFLICT (user_id, room_id) DO UPDATE SET stamp = excluded.stamp;
END;
CREATE TRIGGER memberships_return AFTER UPDATE OF left_at ON memberships
WHEN OLD.left_at IS NOT NULL AND NEW.left_at IS NULL
BEGIN
    DELETE FROM departures WHERE user_id = NEW.user_id AND room_id = NEW.room_id;
END;
-- A membership that goes with its room ended when the room was deleted.
CREATE TRIGGER memberships_departure_with_room AFTER DELETE ON memberships
BEGIN
    INSERT INTO departures (user_id, room_id, stamp) SELECT OLD.user_id, OLD.room_id, stamp FROM rooms WHERE id = OLD.room_id
    ON CONFLICT (user_id, room_id) DO NOTHING;
END;
