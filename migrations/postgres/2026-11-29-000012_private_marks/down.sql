DROP INDEX memberships_maybe_private;
DROP TRIGGER rooms_visibility ON rooms;
DROP FUNCTION note_visibility;
DROP TABLE visibility_changes;
ALTER TABLE memberships DROP COLUMN maybe_private;
