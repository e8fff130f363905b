-- Direct rooms: the SHA-256 of the ids of their participants, in order. Of the same people there is one.
ALTER TABLE rooms ADD COLUMN direct_key bytea;
CREATE UNIQUE INDEX rooms_direct ON rooms (direct_key) WHERE direct_key IS NOT NULL AND deleted_at IS NULL;
-- For the search for people, by the beginning of their names; the unique index is in the order of the database's language.
CREATE INDEX users_by_name ON users (username_key COLLATE "C");
