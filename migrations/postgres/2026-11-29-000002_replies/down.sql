ALTER TABLE rooms DROP COLUMN metadata;
DROP INDEX messages_deleted_in_thread;
DROP INDEX messages_outside_threads;
DROP INDEX messages_by_thread;
ALTER TABLE messages
    DROP COLUMN reply_to,
    DROP COLUMN thread_id,
    DROP COLUMN replies,
    DROP COLUMN metadata;
