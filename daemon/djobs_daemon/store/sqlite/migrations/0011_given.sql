-- What a job was given when it was enqueued (0001 has budget and sandbox): its own variables, too.
-- None of it ever changes: neither its doer nor anybody else may widen it.

ALTER TABLE jobs RENAME COLUMN options TO env;

CREATE TRIGGER jobs_keep_what_they_were_given BEFORE UPDATE OF budget, env, sandbox ON jobs
WHEN OLD.budget IS NOT NEW.budget OR OLD.env IS NOT NEW.env OR OLD.sandbox IS NOT NEW.sandbox
BEGIN
    SELECT RAISE(ABORT, 'what a job was given does not change');
END;
