-- The database of the baseline: :rooms rooms, the first 1,024 of which have 100 messages each and belong to 64 users; the
-- next room has 500 members, the one after that is the hot room of all 64 users.
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE TABLE users (id bigint PRIMARY KEY, username text NOT NULL UNIQUE);
CREATE TABLE rooms (
    id bigint PRIMARY KEY, name text NOT NULL, description text, created_by bigint NOT NULL REFERENCES users,
    created_at timestamptz NOT NULL, member_count integer NOT NULL, last_seq bigint NOT NULL, last_message_at timestamptz
);
CREATE TABLE members (
    room_id bigint REFERENCES rooms, user_id bigint REFERENCES users, role text NOT NULL, joined_at timestamptz NOT NULL,
    last_read bigint NOT NULL, PRIMARY KEY (room_id, user_id)
);
CREATE TABLE messages (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), room_id bigint NOT NULL REFERENCES rooms, seq bigint NOT NULL,
    sender_id bigint NOT NULL REFERENCES users, content text NOT NULL, created_at timestamptz NOT NULL, UNIQUE (room_id, seq)
);
INSERT INTO users SELECT n, 'user-' || n FROM generate_series(1, 1000) n;
INSERT INTO rooms
SELECT n, CASE n % 10 WHEN 0 THEN 'General ' ELSE 'Room ' END || n, 'Number ' || n, 1, now() - (20000 - n) * interval '1 minute', 1, 0, NULL
FROM generate_series(1, :rooms) n;
INSERT INTO members SELECT n, (n - 1) % 64 + 1, 'admin', now(), 0 FROM generate_series(1, 1024) n;
INSERT INTO members SELECT 1025, n, 'member', now() + n * interval '1 second', 0 FROM generate_series(1, :members) n;
INSERT INTO members SELECT 1026, n, 'member', now(), 0 FROM generate_series(1, 64) n;
INSERT INTO messages (room_id, seq, sender_id, content, created_at)
SELECT room, seq, (room - 1) % 64 + 1, 'Hello, everyone in the room!', now() - (100 - seq) * interval '1 second'
FROM generate_series(1, 100) seq, generate_series(1, 1024) room;
UPDATE rooms SET last_seq = 100 WHERE id <= 1024;
CREATE INDEX ON rooms (created_at DESC, id DESC);
CREATE INDEX ON rooms USING gin (lower(name) gin_trgm_ops);
CREATE INDEX ON members (room_id, joined_at, user_id);
ANALYZE;
