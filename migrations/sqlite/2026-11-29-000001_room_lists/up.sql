-- For lists of rooms: the text that searches look through, its index, and the number of public rooms. Triggers keep the latter
-- two, so that they are right whatever release writes (docs/adr/0027-lists-of-rooms-count-nothing.md).

-- Name and description, folded. The former release leaves `folded_revision` behind `changed_revision`, and such a room is found
-- by its text in lower case, which is the same for ASCII; housekeeping folds the others.
ALTER TABLE rooms ADD COLUMN folded_text TEXT NOT NULL DEFAULT '';
ALTER TABLE rooms ADD COLUMN folded_revision INTEGER NOT NULL DEFAULT -1; -- the `changed_revision` of the folded text
CREATE INDEX rooms_unfolded ON rooms (id) WHERE deleted_at IS NULL AND folded_revision <> changed_revision
    AND length(CAST(search_text AS BLOB)) <> length(search_text);

-- The texts of public rooms, by sequences of three characters.
CREATE VIRTUAL TABLE room_texts USING fts5 (
    text, content = '', contentless_delete = 1, detail = none, tokenize = 'trigram case_sensitive 1'
);
INSERT INTO room_texts (rowid, text) SELECT rowid, search_text FROM rooms WHERE deleted_at IS NULL AND visibility = 0;

-- One row.
CREATE TABLE room_counts (
    id           INTEGER PRIMARY KEY,
    public_rooms INTEGER NOT NULL
) STRICT;
INSERT INTO room_counts (public_rooms) SELECT count(*) FROM rooms WHERE deleted_at IS NULL AND visibility = 0;

CREATE TRIGGER rooms_inserted AFTER INSERT ON rooms WHEN NEW.deleted_at IS NULL AND NEW.visibility = 0 BEGIN
    UPDATE room_counts SET public_rooms = public_rooms + 1;
    INSERT INTO room_texts (rowid, text) VALUES (NEW.rowid,
        CASE WHEN NEW.folded_revision = NEW.changed_revision THEN NEW.folded_text ELSE NEW.search_text END);
END;
CREATE TRIGGER rooms_erased AFTER DELETE ON rooms WHEN OLD.deleted_at IS NULL AND OLD.visibility = 0 BEGIN
    UPDATE room_counts SET public_rooms = public_rooms - 1;
    DELETE FROM room_texts WHERE rowid = OLD.rowid;
END;
CREATE TRIGGER room_shown AFTER UPDATE OF visibility, deleted_at ON rooms
WHEN NEW.deleted_at IS NULL AND NEW.visibility = 0 AND NOT (OLD.deleted_at IS NULL AND OLD.visibility = 0) BEGIN
    UPDATE room_counts SET public_rooms = public_rooms + 1;
    INSERT INTO room_texts (rowid, text) VALUES (NEW.rowid,
        CASE WHEN NEW.folded_revision = NEW.changed_revision THEN NEW.folded_text ELSE NEW.search_text END);
END;
CREATE TRIGGER room_hidden AFTER UPDATE OF visibility, deleted_at ON rooms
WHEN OLD.deleted_at IS NULL AND OLD.visibility = 0 AND NOT (NEW.deleted_at IS NULL AND NEW.visibility = 0) BEGIN
    UPDATE room_counts SET public_rooms = public_rooms - 1;
    DELETE FROM room_texts WHERE rowid = OLD.rowid;
END;
CREATE TRIGGER room_described AFTER UPDATE OF search_text, folded_text, folded_revision, changed_revision ON rooms
WHEN OLD.deleted_at IS NULL AND OLD.visibility = 0 AND NEW.deleted_at IS NULL AND NEW.visibility = 0
    AND CASE WHEN NEW.folded_revision = NEW.changed_revision THEN NEW.folded_text ELSE NEW.search_text END
        <> CASE WHEN OLD.folded_revision = OLD.changed_revision THEN OLD.folded_text ELSE OLD.search_text END BEGIN
    DELETE FROM room_texts WHERE rowid = OLD.rowid;
    INSERT INTO room_texts (rowid, text) VALUES (NEW.rowid,
        CASE WHEN NEW.folded_revision = NEW.changed_revision THEN NEW.folded_text ELSE NEW.search_text END);
END;
