-- A million rooms, and one with 100,000 members, for the migrated schema. The id of the n-th row of any table is the number n;
-- comments name what the test relies on.
\set ON_ERROR_STOP on
SET work_mem = '256MB';
SET maintenance_work_mem = '256MB';
SET client_min_messages = warning;
-- What triggers keep is inserted below, at once.
SET session_replication_role = replica;

CREATE FUNCTION id_of(n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE
    RETURN lpad(to_hex(n), 32, '0')::uuid;
CREATE FUNCTION moment_of(n bigint) RETURNS timestamptz LANGUAGE sql IMMUTABLE
    RETURN to_timestamp(1700000000 + n);

INSERT INTO users (id, username, username_key, email, email_key, password_hash, created_at)
SELECT id_of(n), 'User' || n, 'user' || n, 'User' || n || '@example.org', 'user' || n || '@example.org', 'hash',
    moment_of(n)
FROM generate_series(1, 110000) AS n;

-- Builds the indexes of the migrations once, after the insertion.
CREATE TEMPORARY TABLE put_off AS
    SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'rooms' AND indexname <> 'rooms_pkey';
DO $$ DECLARE name text; BEGIN
    FOR name IN SELECT indexname FROM put_off LOOP EXECUTE 'DROP INDEX ' || name; END LOOP;
END $$;

-- One room in fifty is private, every third has no message, another third has its newest one at the same time, after all others, and
-- five hold the word "needle".
INSERT INTO rooms (id, name, name_key, description, search_text, visibility, slug, created_by, created_at, updated_at,
    member_count, last_seq, last_message_at, revision, changed_revision, folded_text, folded_revision)
SELECT id_of(n), 'Room ' || n, 'room ' || n, about, text, CASE WHEN n % 50 = 0 THEN 1 ELSE 0 END,
    CASE WHEN n % 50 = 0 THEN NULL ELSE 'room-' || n END, id_of(1 + (n * 7919) % 20000), moment_of((n * 7919) % 1000003),
    moment_of(n), CASE WHEN n = 1 THEN 90000 ELSE n % 100 END, 3,
    CASE n % 3 WHEN 0 THEN NULL WHEN 1 THEN moment_of(1000003) ELSE moment_of((n * 104729) % 1000003) END, 5, 1, text, 1
FROM (SELECT n, about, 'room ' || n || E'\n' || lower(about) AS text FROM (
        SELECT n, 'About ' || md5(n::text) || CASE WHEN n % 200000 = 17 THEN ' needle' ELSE '' END AS about
        FROM generate_series(1::bigint, 1000000) AS n) AS described) AS named;
DO $$ DECLARE definition text; BEGIN
    FOR definition IN SELECT indexdef FROM put_off LOOP EXECUTE definition; END LOOP;
END $$;
INSERT INTO room_activity (room_id, last_message_at) SELECT id, last_message_at FROM rooms WHERE visibility = 0;
UPDATE room_counts SET public_rooms = (SELECT count(*) FROM rooms WHERE visibility = 0);

-- Room 1 has 100,000 members, of whom a tenth has left; ten are admins. User 1 is in 100 other rooms, of which half are private.
INSERT INTO memberships (room_id, user_id, role, joined_at, last_read_seq, revision, joined_revision, left_at)
SELECT id_of(1), id_of(10000 + n), CASE WHEN n <= 10 THEN 0 ELSE 1 END, moment_of(n), 1, n, n,
    CASE WHEN n % 10 = 0 THEN moment_of(n + 1) END
FROM generate_series(1, 100000) AS n;
INSERT INTO memberships (room_id, user_id, role, joined_at, last_read_seq, revision, joined_revision)
SELECT id_of(1000 + n * 25), id_of(1), 1, moment_of(n), 1, 1, 1 FROM generate_series(1, 100) AS n;
-- And in 2,000 public rooms.
INSERT INTO memberships (room_id, user_id, role, joined_at, last_read_seq, revision, joined_revision, maybe_private)
SELECT id_of(300000 + n), id_of(1), 1, moment_of(n), 1, 1, 1, false FROM generate_series(1, 2040) AS n WHERE n % 50 <> 0;
-- The others are in some rooms each.
INSERT INTO memberships (room_id, user_id, role, joined_at, last_read_seq, revision, joined_revision)
SELECT id_of(500000 + n), id_of(2 + n % 20000), 0, moment_of(n), 1, 1, 1 FROM generate_series(1, 200000) AS n;
-- Enough messages and mentions that their indexes are cheaper than a scan.
INSERT INTO messages (id, room_id, seq, revision, sent_revision, sender_id, kind, content, created_at)
SELECT id_of(n), id_of(n), 1, 1, 1, id_of(1), 0, 'Hello', moment_of(n) FROM generate_series(1, 20000) AS n;
INSERT INTO mentions (message_id, user_id, place, room_id, seq, created_at)
SELECT id, id_of(2), 0, room_id, seq, created_at FROM messages;
VACUUM ANALYZE;
