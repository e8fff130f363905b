-- The bytes of each user's files and reservations; the row is locked while they change.
CREATE TABLE file_usage (
    user_id uuid PRIMARY KEY REFERENCES users,
    bytes   bigint NOT NULL
);
INSERT INTO file_usage (user_id, bytes) SELECT uploaded_by, sum(size) FROM files GROUP BY uploaded_by;
-- Bytes reserved for uploads in progress.
CREATE TABLE upload_reservations (
    file_id    uuid PRIMARY KEY,
    user_id    uuid NOT NULL REFERENCES users,
    bytes      bigint NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX upload_reservations_by_user ON upload_reservations (user_id, expires_at);
-- Files whose records are gone, and whose bytes are still stored.
CREATE TABLE quarantined_files (
    id    uuid PRIMARY KEY,
    since timestamptz NOT NULL
);
CREATE INDEX quarantined_files_by_time ON quarantined_files (since, id);
-- One row: the id of this database, which a copy does not share, and its changes of the file store.
CREATE TABLE file_store (
    one         smallint PRIMARY KEY CHECK (one = 1),
    database_id uuid NOT NULL,
    changes     bigint NOT NULL,             -- files stored and removed so far
    sweep_after timestamptz                  -- no sweep runs before
);
INSERT INTO file_store (one, database_id, changes) VALUES (1, gen_random_uuid(), 0);
