SELECT message.id, seq, content, message.created_at, sender_id, username
FROM messages message JOIN users ON users.id = sender_id
WHERE room_id = :room::bigint ORDER BY seq DESC LIMIT 50
