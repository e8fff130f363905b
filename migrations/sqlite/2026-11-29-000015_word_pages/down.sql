DROP TABLE word_pages;
CREATE TABLE message_words (
    room_id  BLOB NOT NULL,
    block    INTEGER NOT NULL,                     -- seq >> 10
    word     TEXT NOT NULL,
    chunk    INTEGER NOT NULL,                     -- seq >> 5
    messages INTEGER NOT NULL,                     -- a bit for each message of the chunk that has the word
    PRIMARY KEY (room_id, block, word, chunk)
) STRICT, WITHOUT ROWID;
UPDATE rooms SET words_seq = 0 WHERE words_seq > 0;
