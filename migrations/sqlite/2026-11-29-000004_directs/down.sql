DROP INDEX rooms_direct;
ALTER TABLE rooms DROP COLUMN direct_key;
