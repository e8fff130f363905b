-- The message that one replies to, the first message of the thread that it is in, the number of replies that were ever sent in
-- the thread that it begins, and JSON of the client, as it was sent.
ALTER TABLE messages ADD COLUMN reply_to BLOB;
ALTER TABLE messages ADD COLUMN thread_id BLOB;
ALTER TABLE messages ADD COLUMN replies INTEGER NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN metadata TEXT;
-- A thread's history and its latest reply.
CREATE INDEX messages_by_thread ON messages (thread_id, seq) WHERE thread_id IS NOT NULL AND deleted_at IS NULL;
-- A room's history without replies in threads: they may be many in a row.
CREATE INDEX messages_outside_threads ON messages (room_id, seq) WHERE thread_id IS NULL;
-- The deleted replies, which a thread's number of replies leaves out.
CREATE INDEX messages_deleted_in_thread ON messages (thread_id) WHERE thread_id IS NOT NULL AND deleted_at IS NOT NULL;
ALTER TABLE rooms ADD COLUMN metadata TEXT;
