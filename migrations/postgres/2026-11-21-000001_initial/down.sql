DROP TABLE message_history, messages, invitations, memberships, rooms, sessions, users;
