-- What the checks of a job said (0001 has verify and verified), and the events whose texts tell of it:
-- the report of success that is being checked, and the receipt of the last check.

ALTER TABLE jobs ADD COLUMN offered_in INTEGER CHECK (offered_in IS NULL OR state = 'running');
ALTER TABLE jobs ADD COLUMN receipt_in INTEGER
    CHECK (state <> 'succeeded' OR verify IS NULL OR verified IS 1);

CREATE INDEX jobs_offered ON jobs (managed_by) WHERE offered_in IS NOT NULL;

CREATE TRIGGER jobs_keep_their_checks BEFORE UPDATE OF verify ON jobs
WHEN OLD.verify IS NOT NEW.verify
BEGIN
    SELECT RAISE(ABORT, 'the checks of a job do not change');
END;

DROP TRIGGER events_follow_the_table;
CREATE TRIGGER events_follow_the_table BEFORE INSERT ON events
WHEN CASE
    WHEN NEW.kind = 'enqueued' THEN NEW.from_state IS NOT NULL OR NEW.to_state <> 'pending'
    WHEN NEW.kind IN ('unblocked', 'blocked', 'amended', 'archived', 'unarchived', 'paused',
        'resumed', 'stop_requested', 'offered', 'checked', 'purged')
        THEN NEW.from_state IS NOT NEW.to_state
    ELSE NOT EXISTS (
        SELECT 1 FROM transitions
        WHERE state = NEW.from_state AND event = NEW.kind AND target = NEW.to_state)
    END
BEGIN
    SELECT RAISE(ABORT, 'no such event in that state');
END;
