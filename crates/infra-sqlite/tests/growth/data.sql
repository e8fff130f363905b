-- Many rooms, and one with many members, for the migrated schema without the indexes and triggers of rooms. The id of the n-th row
-- of any table is the number n; comments name what the test relies on.
CREATE TEMP TABLE numbers (n INTEGER PRIMARY KEY);
INSERT INTO numbers WITH RECURSIVE some (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM some WHERE n < 100000) SELECT n FROM some;

INSERT INTO users (id, username, username_key, email, email_key, password_hash, created_at)
SELECT unhex(printf('%032x', n)), 'User' || n, 'user' || n, 'User' || n || '@example.org', 'user' || n || '@example.org', 'hash', n
FROM numbers;

-- One room in fifty is private, every third has no message, and five hold the word "needle". Orders differ from that of insertion.
INSERT INTO rooms (id, name, name_key, search_text, visibility, slug, created_by, created_at, updated_at, member_count, last_seq,
    last_message_at, revision, changed_revision, folded_text, folded_revision)
SELECT id, name, lower(name), lower(name) || char(10), n % 50 = 0, CASE WHEN n % 50 <> 0 THEN 'room-' || n END,
    unhex(printf('%032x', 1 + (n * 7919) % 20000)), (n * 7919) % 100003, n, CASE WHEN n = 1 THEN 90000 ELSE n % 100 END, 0,
    CASE WHEN n % 3 <> 0 THEN (n * 104729) % 100003 END, 5, 1, lower(name) || char(10), 1
FROM (SELECT n, unhex(printf('%032x', n)) AS id,
        'Room ' || ((n * 31) % 100003) || CASE WHEN n % 20000 = 17 THEN ' needle' ELSE '' END AS name FROM numbers);
INSERT INTO room_texts (rowid, text) SELECT rowid, folded_text FROM rooms WHERE visibility = 0;
UPDATE room_counts SET public_rooms = (SELECT count(*) FROM rooms WHERE visibility = 0);

-- Room 1 has as many members as there are rooms, of whom a tenth has left; nine present ones are admins.
INSERT INTO memberships (room_id, user_id, role, joined_at, last_read_seq, revision, joined_revision, left_at, maybe_private)
SELECT unhex(printf('%032x', 1)), unhex(printf('%032x', n)), n > 10, n, 0, n, n,
    CASE WHEN n % 10 = 0 THEN n + 1 END, 0 FROM numbers;
-- User 1 is in 2 private rooms beside it, user 2 in 2,000 public ones.
INSERT INTO memberships (room_id, user_id, role, joined_at, last_read_seq, revision, joined_revision)
SELECT unhex(printf('%032x', n * 50)), unhex(printf('%032x', 1)), 1, n, 0, 1, 1 FROM numbers WHERE n <= 2;
INSERT INTO memberships (room_id, user_id, role, joined_at, last_read_seq, revision, joined_revision, maybe_private)
SELECT unhex(printf('%032x', n)), unhex(printf('%032x', 2)), 1, n, 0, 1, 1, 0
FROM numbers WHERE n BETWEEN 30000 AND 32000 AND n % 50 <> 0;
