-- Answers to requests under an idempotency key, for their repeats. The id is made of the user, the call and the key.
CREATE TABLE kept_answers (
    id          uuid PRIMARY KEY,
    fingerprint bytea NOT NULL,   -- SHA-256 of what was asked
    answer      bytea NOT NULL,   -- as the API encoded it
    created_at  timestamptz NOT NULL
);
CREATE INDEX kept_answers_by_age ON kept_answers (created_at);
