DROP INDEX message_history_not_in_words;
ALTER TABLE message_history DROP COLUMN in_words;
ALTER TABLE rooms DROP COLUMN words_seq;
DROP TABLE message_words;
