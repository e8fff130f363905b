DROP TABLE word_pages;
CREATE TABLE message_words (
    room_id  uuid NOT NULL,
    block    bigint NOT NULL,                      -- seq >> 10
    word     text COLLATE "C" NOT NULL,
    chunk    bigint NOT NULL,                      -- seq >> 5
    messages bigint NOT NULL,                      -- a bit for each message of the chunk that has the word
    PRIMARY KEY (room_id, block, word, chunk)
) WITH (fillfactor = 90);
UPDATE rooms SET words_seq = 0 WHERE words_seq > 0;
