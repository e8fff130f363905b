-- What was done, by whom and from where. The room may be gone: events outlive it.
CREATE TABLE audit_events (
    id         BLOB PRIMARY KEY NOT NULL,
    created_at INTEGER NOT NULL,                 -- rises strictly within a room
    kind       INTEGER NOT NULL,                 -- listed in `store-common/src/sql_types.rs`
    detail     INTEGER,                          -- encoded in `store-common/src/rows/audit.rs`
    room_id    BLOB,
    actor_id   BLOB REFERENCES users,            -- null: a stranger, or the command line
    target_id  BLOB REFERENCES users,
    message_id BLOB,
    address    TEXT                              -- of the client
) STRICT;
CREATE INDEX audit_events_by_time ON audit_events (created_at, id);
CREATE INDEX audit_events_by_kind ON audit_events (kind, created_at, id);
CREATE INDEX audit_events_by_room ON audit_events (room_id, created_at, id);
CREATE INDEX audit_events_by_actor ON audit_events (actor_id, created_at, id);
CREATE INDEX audit_events_by_target ON audit_events (target_id, created_at, id);
