-- In which states a job keeps its idempotency key; one with key_until keeps it in all of them.

ALTER TABLE jobs ADD COLUMN key_states TEXT NOT NULL DEFAULT 'successful'
    CHECK (key_states IN ('successful', 'incomplete'));

DROP INDEX jobs_key;
CREATE UNIQUE INDEX jobs_key ON jobs (key_scope, idempotency_key)
    WHERE idempotency_key IS NOT NULL AND key_freed_at IS NULL AND (
        state IN ('pending', 'running', 'retry_scheduled') OR key_until IS NOT NULL
        OR (key_states = 'successful' AND state IN ('succeeded', 'skipped')));
