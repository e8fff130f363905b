-- The words of messages, for searches, in pages of many words instead of a row for each: `message_search/pages.rs` writes and reads
-- them. Like messages, the table has no foreign keys.
CREATE TABLE word_pages (
    room_id BLOB NOT NULL,
    start   INTEGER NOT NULL,                      -- the first message of the stretch
    word    TEXT NOT NULL,                         -- the words from this one on are on the page
    words   TEXT NOT NULL,                         -- of each word a line: the word, and the places of its messages
    PRIMARY KEY (room_id, start, word)
) STRICT, WITHOUT ROWID;

-- No release has added entries to the former table.
UPDATE rooms SET words_seq = 0 WHERE words_seq > 0;
DROP TABLE message_words;
