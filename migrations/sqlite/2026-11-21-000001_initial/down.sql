DROP TABLE message_history;
DROP TABLE messages;
DROP TABLE invitations;
DROP TABLE memberships;
DROP TABLE rooms;
DROP TABLE sessions;
DROP TABLE users;
