-- What was done, by whom and from where. The room may be gone: events outlive it.
CREATE TABLE audit_events (
    id         uuid PRIMARY KEY,
    created_at timestamptz NOT NULL,             -- rises strictly within a room
    kind       smallint NOT NULL,                -- listed in `store-common/src/sql_types.rs`
    detail     bigint,                           -- encoded in `store-common/src/rows/audit.rs`
    room_id    uuid,
    actor_id   uuid REFERENCES users,            -- null: a stranger, or the command line
    target_id  uuid REFERENCES users,
    message_id uuid,
    address    text                              -- of the client
);
CREATE INDEX audit_events_by_time ON audit_events (created_at, id);
CREATE INDEX audit_events_by_kind ON audit_events (kind, created_at, id);
CREATE INDEX audit_events_by_room ON audit_events (room_id, created_at, id);
CREATE INDEX audit_events_by_actor ON audit_events (actor_id, created_at, id);
CREATE INDEX audit_events_by_target ON audit_events (target_id, created_at, id);
