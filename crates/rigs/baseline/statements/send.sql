WITH room AS (
    UPDATE rooms SET last_seq = last_seq + 1, last_message_at = clock_timestamp()
    WHERE id = :room::bigint
      AND EXISTS (SELECT FROM members WHERE room_id = :room::bigint AND user_id = :user::bigint)
    RETURNING last_seq, last_message_at
), mark AS (
    UPDATE members SET last_read = room.last_seq FROM room WHERE room_id = :room::bigint AND user_id = :user::bigint
)
INSERT INTO messages (room_id, seq, sender_id, content, created_at)
SELECT :room::bigint, last_seq, :user::bigint, :content::text, last_message_at FROM room
RETURNING id, seq, created_at
