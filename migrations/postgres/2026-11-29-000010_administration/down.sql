DROP INDEX file_usage_by_bytes;
DROP INDEX sessions_by_user;
CREATE INDEX sessions_by_user ON sessions (user_id) WHERE ended_at IS NULL;
DROP TABLE admin_links;
DROP INDEX users_admins;
ALTER TABLE users DROP COLUMN disabled_at;
