-- The other orders in which an uploader's files are listed.
CREATE INDEX files_by_name ON files (uploaded_by, name COLLATE "C", id);
CREATE INDEX files_by_size ON files (uploaded_by, size, id);
