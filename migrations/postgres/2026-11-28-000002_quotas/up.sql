-- For the quota of rooms, which counts those of a creator that exist.
CREATE INDEX rooms_owned ON rooms (created_by, deleted_at);
