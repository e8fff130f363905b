-- Every foreign key has an index that begins with its columns: without one, removing or changing the row that is referred
-- to reads the whole table. A partial index does not serve that.
CREATE INDEX sessions_of_user ON sessions (user_id);
CREATE INDEX rooms_by_creator ON rooms (created_by);
-- Without the room in it, the planner would take it to find one membership of a user who has many.
CREATE INDEX memberships_of_user ON memberships (user_id, room_id);
CREATE INDEX invitations_by_inviter ON invitations (invited_by);
