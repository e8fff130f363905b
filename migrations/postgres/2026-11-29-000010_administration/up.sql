-- Accounts that admins disabled: nobody can log in to them.
ALTER TABLE users ADD COLUMN disabled_at timestamptz;
CREATE INDEX users_admins ON users (id) WHERE server_admin;

-- The one link that makes the first server admin; the text itself is not stored.
CREATE TABLE admin_links (
    id         bigint PRIMARY KEY CHECK (id = 1),
    hash       bytea NOT NULL,        -- SHA-256 of the secret in the link
    expires_at timestamptz NOT NULL
);

-- The sessions of a user, newest first, and the users whose files take most.
DROP INDEX sessions_by_user;
CREATE INDEX sessions_by_user ON sessions (user_id, id) WHERE ended_at IS NULL;
CREATE INDEX file_usage_by_bytes ON file_usage (bytes, user_id);
