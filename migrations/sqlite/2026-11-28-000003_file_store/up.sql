-- The bytes of each user's files and reservations.
CREATE TABLE file_usage (
    user_id BLOB PRIMARY KEY NOT NULL REFERENCES users,
    bytes   INTEGER NOT NULL
) STRICT;
INSERT INTO file_usage (user_id, bytes) SELECT uploaded_by, sum(size) FROM files GROUP BY uploaded_by;
-- Bytes reserved for uploads in progress.
CREATE TABLE upload_reservations (
    file_id    BLOB PRIMARY KEY NOT NULL,
    user_id    BLOB NOT NULL REFERENCES users,
    bytes      INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX upload_reservations_by_user ON upload_reservations (user_id, expires_at);
-- Files whose records are gone, and whose bytes are still stored.
CREATE TABLE quarantined_files (
    id    BLOB PRIMARY KEY NOT NULL,
    since INTEGER NOT NULL
) STRICT;
CREATE INDEX quarantined_files_by_time ON quarantined_files (since, id);
-- One row: the id of this database, which a copy does not share, and its changes of the file store.
CREATE TABLE file_store (
    one         INTEGER PRIMARY KEY CHECK (one = 1),
    database_id BLOB NOT NULL,
    changes     INTEGER NOT NULL,            -- files stored and removed so far
    sweep_after INTEGER                      -- no sweep runs before
) STRICT;
INSERT INTO file_store (one, database_id, changes) VALUES (1, randomblob(16), 0);
