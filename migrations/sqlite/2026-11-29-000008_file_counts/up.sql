-- The number of each user's files, for the totals of their lists. Triggers keep it, whatever release writes.
CREATE TABLE file_counts (
    user_id BLOB PRIMARY KEY NOT NULL REFERENCES users,
    files   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO file_counts (user_id, files) SELECT uploaded_by, count(*) FROM files GROUP BY uploaded_by;

CREATE TRIGGER file_counted AFTER INSERT ON files BEGIN
    INSERT INTO file_counts (user_id, files) VALUES (NEW.uploaded_by, 1)
        ON CONFLICT (user_id) DO UPDATE SET files = file_counts.files + 1;
END;
CREATE TRIGGER file_discounted AFTER DELETE ON files BEGIN
    UPDATE file_counts SET files = files - 1 WHERE user_id = OLD.uploaded_by;
END;
