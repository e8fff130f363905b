-- Direct rooms: the SHA-256 of the ids of their participants, in order. Of the same people there is one.
ALTER TABLE rooms ADD COLUMN direct_key BLOB;
CREATE UNIQUE INDEX rooms_direct ON rooms (direct_key) WHERE direct_key IS NOT NULL AND deleted_at IS NULL;
