-- On SQLite, which changes only the indexes whose columns change, activity stays in the table of rooms.
SELECT 1;
