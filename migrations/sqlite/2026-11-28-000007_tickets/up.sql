-- Tickets stand for a session once and for a short time; the text itself is not stored.
CREATE TABLE tickets (
    hash             BLOB PRIMARY KEY NOT NULL,  -- SHA-256 of the ticket
    session_id       BLOB NOT NULL REFERENCES sessions ON DELETE CASCADE,
    token_expires_at INTEGER NOT NULL,           -- what the ticket opens ends then
    expires_at       INTEGER NOT NULL
) STRICT;
CREATE INDEX tickets_by_session ON tickets (session_id, expires_at);
CREATE INDEX tickets_by_expiry ON tickets (expires_at);
