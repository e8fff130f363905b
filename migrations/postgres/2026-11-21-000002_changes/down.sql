DROP INDEX memberships_by_revision;
DROP INDEX messages_by_revision;
ALTER TABLE messages DROP COLUMN sent_revision;
