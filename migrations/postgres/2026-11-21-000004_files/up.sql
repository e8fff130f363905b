-- Records of uploaded files; their bytes are stored elsewhere, under the id.
CREATE TABLE files (
    id           uuid PRIMARY KEY,
    name         text NOT NULL,
    content_type text NOT NULL,                  -- sniffed
    size         bigint NOT NULL,
    sha256       bytea NOT NULL,
    image        boolean NOT NULL,               -- true for a raster image
    uploaded_by  uuid NOT NULL REFERENCES users,
    created_at   timestamptz NOT NULL
);
CREATE INDEX files_by_uploader ON files (uploaded_by, created_at, id);
-- The messages that show a file decide about its readers and its removal.
CREATE INDEX messages_by_file ON messages (file_id) WHERE file_id IS NOT NULL AND deleted_at IS NULL;
