DROP INDEX invitations_by_inviter;
DROP INDEX memberships_of_user;
DROP INDEX rooms_by_creator;
DROP INDEX sessions_of_user;
