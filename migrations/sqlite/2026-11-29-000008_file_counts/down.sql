DROP TRIGGER file_discounted;
DROP TRIGGER file_counted;
DROP TABLE file_counts;
