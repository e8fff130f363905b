DROP INDEX rooms_owned;
