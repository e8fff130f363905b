-- One sender's messages of one kind: an index of either alone would be read to its end for a rare pair.
CREATE INDEX messages_by_sender_and_kind ON messages (room_id, sender_id, kind, seq) WHERE deleted_at IS NULL;
