DROP TABLE file_store;
DROP TABLE quarantined_files;
DROP TABLE upload_reservations;
DROP TABLE file_usage;
