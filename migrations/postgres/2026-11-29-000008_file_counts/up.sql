-- The number of each user's files, for the totals of their lists. Triggers keep it, whatever release writes.
CREATE TABLE file_counts (
    user_id uuid PRIMARY KEY REFERENCES users,
    files   bigint NOT NULL
);
INSERT INTO file_counts (user_id, files) SELECT uploaded_by, count(*) FROM files GROUP BY uploaded_by;

CREATE FUNCTION file_counted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO file_counts (user_id, files) VALUES (NEW.uploaded_by, 1)
        ON CONFLICT (user_id) DO UPDATE SET files = file_counts.files + 1;
    RETURN NULL;
END $$;
CREATE TRIGGER file_counted AFTER INSERT ON files FOR EACH ROW EXECUTE FUNCTION file_counted();

CREATE FUNCTION file_discounted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE file_counts SET files = files - 1 WHERE user_id = OLD.uploaded_by;
    RETURN NULL;
END $$;
CREATE TRIGGER file_discounted AFTER DELETE ON files FOR EACH ROW EXECUTE FUNCTION file_discounted();
