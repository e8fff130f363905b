DROP TRIGGER file_discounted ON files;
DROP TRIGGER file_counted ON files;
DROP FUNCTION file_discounted, file_counted;
DROP TABLE file_counts;
