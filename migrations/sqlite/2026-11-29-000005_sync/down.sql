DROP TRIGGER memberships_departure_with_room;
DROP TRIGGER memberships_return;
DROP TRIGGER memberships_departure;
DROP TABLE departures;
DROP TRIGGER memberships_stamp;
DROP TRIGGER rooms_stamp;
DROP TABLE change_clock;
ALTER TABLE memberships DROP COLUMN stamp;
ALTER TABLE rooms DROP COLUMN stamp;
