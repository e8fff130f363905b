-- One sender's messages of one kind: by either alone, a rare pair was looked for among all that the one or other has.
CREATE INDEX messages_by_sender_and_kind ON messages (room_id, sender_id, kind, seq) WHERE deleted_at IS NULL;
