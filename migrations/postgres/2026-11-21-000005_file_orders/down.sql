DROP INDEX files_by_size;
DROP INDEX files_by_name;
