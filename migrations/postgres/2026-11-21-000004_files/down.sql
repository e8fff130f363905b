DROP INDEX messages_by_file;
DROP TABLE files;
