SELECT users.id, username, role, joined_at, last_read FROM members JOIN users ON users.id = user_id
WHERE room_id = :room::bigint ORDER BY joined_at, user_id LIMIT 21
