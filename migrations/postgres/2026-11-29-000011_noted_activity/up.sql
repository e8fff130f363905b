-- A send notes the activity of a room once a second (docs/adr/0027-lists-of-rooms-count-nothing.md). What a trigger notes is the exact
-- time of the newest message, and no longer right after the next one: `activity_seq` tells the next send so.
CREATE OR REPLACE FUNCTION room_shown_or_hidden() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.deleted_at IS NULL AND NEW.visibility = 0 THEN
        INSERT INTO room_activity (room_id, last_message_at) VALUES (NEW.id, NEW.last_message_at);
        UPDATE rooms SET activity_seq = -1 WHERE id = NEW.id;
        PERFORM add_public_rooms(1);
    ELSE
        DELETE FROM room_activity WHERE room_id = NEW.id;
        PERFORM add_public_rooms(-1);
    END IF;
    RETURN NULL;
END $$;
