CREATE OR REPLACE FUNCTION room_shown_or_hidden() RETURNS trigger LANGUAGE plpgsql AS $$
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
