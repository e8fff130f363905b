SELECT role FROM members WHERE room_id = :room::bigint AND user_id = :user::bigint
