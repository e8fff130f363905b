-- Answers to requests under an idempotency key, for their repeats. The id is made of the user, the call and the key.
CREATE TABLE kept_answers (
    id          BLOB PRIMARY KEY NOT NULL,
    fingerprint BLOB NOT NULL,    -- SHA-256 of what was asked
    answer      BLOB NOT NULL,    -- as the API encoded it
    created_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX kept_answers_by_age ON kept_answers (created_at);
