-- A thousand rooms and a million messages, for the migrated schema. The id of the n-th row of any table is the number n;
-- comments name what the test relies on. Room 1 is the largest, user 1 is in most rooms.
\set ON_ERROR_STOP on
SET work_mem = '256MB';
SET maintenance_work_mem = '256MB';
SET client_min_messages = warning;

CREATE FUNCTION id_of(n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE
    RETURN lpad(to_hex(n), 32, '0')::uuid;
CREATE FUNCTION moment_of(n bigint) RETURNS timestamptz LANGUAGE sql IMMUTABLE
    RETURN to_timestamp(1700000000 + n);

INSERT INTO users (id, username, username_key, email, email_key, password_hash, created_at)
SELECT id_of(n), 'User' || n, 'user' || n, 'User' || n || '@example.org', 'user' || n || '@example.org', 'hash',
    moment_of(n)
FROM generate_series(1, 20000) AS n;

-- Three of four are over: ended, expired, or both.
INSERT INTO sessions (id, user_id, created_at, expires_at, ended_at)
SELECT id_of(n), id_of(1 + n % 20000), moment_of(n), moment_of(n + CASE WHEN n % 2 = 0 THEN 10000000 ELSE 3600 END),
    CASE WHEN n % 4 < 2 THEN NULL ELSE moment_of(n + 60) END
FROM generate_series(1, 40000) AS n;

-- One of every session, over as most of them.
INSERT INTO tickets (hash, session_id, token_expires_at, expires_at)
SELECT sha256(n::text::bytea), id_of(n), moment_of(n + 3600), moment_of(n + 30) FROM generate_series(1, 40000) AS n;

-- Builds the indexes of the migrations once, after the insertion.
CREATE TEMPORARY TABLE put_off AS
    SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'messages' AND indexname <> 'messages_pkey';
DO $$ DECLARE name text; BEGIN
    FOR name IN SELECT indexname FROM put_off LOOP EXECUTE 'DROP INDEX ' || name; END LOOP;
END $$;

-- Every other message is in room 1, so that the rows of rooms are interleaved. There:
--   users 1 to 50 send most; user 60 sends one in 100,000; users 70 to 79 sent at first and never again;
--   one in 20 is an image and one in 50,000 a file; one in 100 was deleted, all of user 80 among them;
--   the messages 1,001 to 1,050 are pinned, and the last five have two reactions of twelve users each.
-- One message in 1,000 mentions its room, one in 501 user 1. Of those in other rooms one in five has a reaction; message 77,777
-- has one of 20,000 users.
INSERT INTO messages (id, room_id, seq, revision, sent_revision, sender_id, kind, content, file_id, client_key,
    fingerprint, created_at, edited_at, deleted_at, deleted_by, reacted, mentions_people, mentions_room, pinned_at,
    pinned_revision)
SELECT id_of(n), id_of(room), seq, seq, seq, id_of(sender), kind,
    CASE WHEN kind = 0 THEN 'Message ' || n || repeat(' and so on', (n % 5)::int) END,
    CASE WHEN kind > 0 THEN id_of(n) END,
    CASE WHEN n % 7 = 0 THEN 'key-' || n END,
    CASE WHEN n % 7 = 0 THEN sha256(n::text::bytea) END,
    moment_of(n), CASE WHEN n % 97 = 0 THEN moment_of(n + 30) END,
    CASE WHEN gone THEN moment_of(n + 60) END, CASE WHEN gone THEN id_of(sender) END,
    n % 10 = 0 OR n = 77777 OR (room = 1 AND seq > 499995), n % 501 = 7, n % 1000 = 1,
    CASE WHEN pinned THEN moment_of(n) END, CASE WHEN pinned THEN seq END
FROM (SELECT n, room, seq,
        CASE WHEN room = 1 AND seq % 100000 = 7 THEN 60
            WHEN room = 1 AND seq <= 200 THEN 70 + seq % 10
            WHEN room = 1 AND seq % 200 = 0 THEN 80
            ELSE 1 + (seq * 7919 + seq / 50) % 50 END AS sender,
        CASE WHEN seq % 50000 = 25 THEN 2 WHEN seq % 20 = 3 THEN 1 ELSE 0 END AS kind,
        seq % 100 = 0 AS gone, room = 1 AND seq BETWEEN 1001 AND 1050 AS pinned
    FROM (SELECT n, CASE WHEN n % 2 = 1 THEN 1 ELSE 2 + (n / 2 - 1) % 999 END AS room,
            CASE WHEN n % 2 = 1 THEN (n + 1) / 2 ELSE 1 + (n / 2 - 1) / 999 END AS seq
        FROM generate_series(1::bigint, 1000000) AS n) AS placed) AS said;

DO $$ DECLARE definition text; BEGIN
    FOR definition IN SELECT indexdef FROM put_off LOOP EXECUTE definition; END LOOP;
END $$;

-- In room 1 the messages 200,001 to 220,000 are replies in the thread of the first message, and three others in that of the second.
-- One in eleven quotes the message before it.
UPDATE messages SET thread_id = id_of(1) WHERE room_id = id_of(1) AND seq BETWEEN 200001 AND 220000;
UPDATE messages SET thread_id = id_of(3) WHERE room_id = id_of(1) AND seq IN (300, 301, 450000);
UPDATE messages SET replies = CASE id WHEN id_of(1) THEN 20000 ELSE 3 END WHERE id IN (id_of(1), id_of(3));
UPDATE messages q SET reply_to = id_of(n - 2) FROM generate_series(11::bigint, 1000000, 11) AS n WHERE q.id = id_of(n) AND n > 1000;

INSERT INTO reactions (message_id, emoji, user_id, revision)
SELECT id_of(n), 'c', id_of(1 + n % 20000), n FROM generate_series(10::bigint, 1000000, 10) AS n
UNION ALL SELECT id_of(77777), 'many', id_of(n), n FROM generate_series(1::bigint, 20000) AS n
UNION ALL SELECT id, emoji, id_of(n), 1000 * length(emoji) + n FROM messages, (VALUES ('a'), ('bb')) AS two (emoji),
    generate_series(1::bigint, 12) AS n WHERE room_id = id_of(1) AND seq > 499995;
INSERT INTO reaction_counts (message_id, emoji, uses)
SELECT message_id, emoji, count(*) FROM reactions GROUP BY message_id, emoji;

INSERT INTO mentions (message_id, user_id, place, room_id, seq, created_at)
SELECT id, id_of(1), 0, room_id, seq, created_at FROM messages WHERE mentions_people AND deleted_at IS NULL;

INSERT INTO message_history (message_id, revision, content, changed_by, changed_at, in_words)
SELECT id, revision, 'Once', sender_id, edited_at, true FROM messages WHERE edited_at IS NOT NULL;

-- One room in four is private, and every other of these direct, with its number as its key; the last ten were deleted; five hold the word "needle". In one of ten, 20 messages
-- are pending for the index of words. Descriptions are
-- long, so that lookups by index are cheaper than a scan.
INSERT INTO rooms (id, name, name_key, description, search_text, visibility, slug, created_by, created_at, updated_at,
    member_count, last_seq, last_message_at, revision, changed_revision, deleted_at, direct_key, words_seq)
SELECT id_of(n), 'Room ' || n, 'room ' || n, about, 'room ' || n || E'\n' || about, CASE WHEN n % 4 = 0 THEN 1 ELSE 0 END,
    CASE WHEN n % 4 = 0 THEN NULL ELSE 'room-' || n END, id_of(1 + (n * 7919) % 20000), moment_of((n * 7919) % 100000), moment_of(n),
    CASE WHEN n = 1 THEN 1000 ELSE 10 END, log.seq, log.at, log.seq, 1, CASE WHEN n > 990 THEN moment_of(2000000) END,
    CASE WHEN n % 8 = 0 THEN decode(lpad(to_hex(n), 64, '0'), 'hex') END, log.seq - CASE WHEN n % 10 = 0 THEN 20 ELSE 0 END
FROM (SELECT n, 'About ' || repeat(md5(n::text), 12) || CASE WHEN n % 200 = 17 THEN ' needle' ELSE '' END AS about
    FROM generate_series(1::bigint, 1000) AS n) AS named
JOIN (SELECT room_id, max(seq) AS seq, max(created_at) AS at FROM messages GROUP BY room_id) AS log
    ON log.room_id = id_of(n);

-- Every message has the word "message", and three of room 1 have "needle": a page for each stretch.
INSERT INTO word_pages (room_id, start, word, words)
SELECT room_id, start, '', E'\nmessage\t' || string_agg(place, '' ORDER BY seq)
    || coalesce(E'\nneedle\t' || string_agg(place, '') FILTER (WHERE room_id = id_of(1) AND seq IN (100001, 200001, 300001)), '')
FROM (SELECT s.room_id, s.seq, CASE WHEN s.seq >> 10 < (r.words_seq + 1) >> 10 THEN s.seq >> 10 << 10
        WHEN s.seq >> 7 < (r.words_seq + 1) >> 7 THEN s.seq >> 7 << 7 ELSE s.seq >> 5 << 5 END AS start,
        substr(digits, ((s.seq >> 5) & 31)::int + 1, 1) || substr(digits, (s.seq & 31)::int + 1, 1) AS place
    FROM messages s JOIN rooms r ON r.id = s.room_id, (SELECT '0123456789abcdefghijklmnopqrstuv' AS digits) AS d
    WHERE s.seq <= r.words_seq) AS placed GROUP BY room_id, start;

-- User 1 is in 600 rooms and has read nearly everything; user 2 has read nothing of room 1. A tenth has left again.
INSERT INTO memberships (room_id, user_id, role, joined_at, last_read_seq, revision, joined_revision, left_at)
SELECT id_of(room), id_of(member), CASE WHEN place = 1 THEN 0 ELSE 1 END, moment_of(place),
    CASE WHEN member = 2 THEN 0 ELSE (SELECT last_seq FROM rooms r WHERE r.id = id_of(room)) - place % 300 END, place, place,
    CASE WHEN place % 10 = 9 OR room > 990 THEN moment_of(place + 1000) END
FROM (SELECT 1 AS room, n AS place, n AS member FROM generate_series(1, 1100) AS n
    UNION ALL
    SELECT room, place, CASE WHEN place = 1 AND room <= 600 THEN 1 ELSE 1 + room * 11 + place END
    FROM generate_series(2, 1000) AS room, generate_series(1, 11) AS place) AS joined;

-- User 19,000 uploaded 1,000 of them; many have one size. No message shows any.
INSERT INTO files (id, name, content_type, size, sha256, image, uploaded_by, created_at)
SELECT id_of(5000000 + n), md5(n::text) || '.txt', 'text/plain', n % 100, sha256('hello'), false,
    id_of(CASE WHEN n <= 1000 THEN 19000 ELSE 2 + n % 5000 END), moment_of(n)
FROM generate_series(1, 20000) AS n;
-- The 50,000 files that messages show, with lower ids than those.
INSERT INTO files (id, name, content_type, size, sha256, image, uploaded_by, created_at)
SELECT file_id, 'photo.png', 'image/png', 1000, sha256('hello'), true, sender_id, created_at
FROM messages WHERE file_id IS NOT NULL;

-- User 2 is invited to 200 rooms, and 200 users to room 3.
INSERT INTO invitations (room_id, user_id, invited_by, created_at)
SELECT id_of(room), id_of(guest), id_of(1), moment_of(room * 31 + guest)
FROM (SELECT n AS room, 2 AS guest FROM generate_series(2, 201) AS n
    UNION SELECT 3, n FROM generate_series(15001, 15200) AS n
    UNION SELECT 2 + n % 980, 10000 + n FROM generate_series(1, 4000) AS n) AS asked;

INSERT INTO kept_answers (id, fingerprint, answer, created_at)
SELECT id_of(7000000 + n), sha256('hello'), 'answer', moment_of(n) FROM generate_series(1, 20000) AS n;

-- Events of every kind; those of room 1, of user 1 and of one kind are each a few in a hundred.
INSERT INTO audit_events (id, created_at, kind, room_id, actor_id, target_id, address)
SELECT id_of(n), moment_of(n), n % 22, CASE WHEN n % 2 = 0 THEN id_of(1 + n % 20) END, id_of(1 + n % 50),
    id_of(1 + n % 40), '203.0.113.7'
FROM generate_series(1, 20000) AS n;

VACUUM ANALYZE;
