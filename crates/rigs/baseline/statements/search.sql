SELECT room.id, name, description, created_at, member_count, last_message_at, username, role, joined_at, last_read
FROM rooms room JOIN users creator ON creator.id = created_by
LEFT JOIN members ON room_id = room.id AND user_id = :user::bigint
WHERE lower(name) LIKE :pattern::text
ORDER BY created_at DESC, room.id DESC LIMIT 21
