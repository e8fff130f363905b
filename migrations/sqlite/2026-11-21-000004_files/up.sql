-- Records of uploaded files; their bytes are stored elsewhere, under the id.
CREATE TABLE files (
    id           BLOB PRIMARY KEY NOT NULL,
    name         TEXT NOT NULL,
    content_type TEXT NOT NULL,                 -- sniffed
    size         INTEGER NOT NULL,
    sha256       BLOB NOT NULL,
    image        INTEGER NOT NULL,              -- true for a raster image
    uploaded_by  BLOB NOT NULL REFERENCES users,
    created_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX files_by_uploader ON files (uploaded_by, created_at, id);
-- The messages that show a file decide about its readers and its removal.
CREATE INDEX messages_by_file ON messages (file_id) WHERE file_id IS NOT NULL AND deleted_at IS NULL;
