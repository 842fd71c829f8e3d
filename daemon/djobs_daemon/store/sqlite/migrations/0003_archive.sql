-- Archived jobs are left out of lists and counts, so of the indexes that find those.

DROP INDEX jobs_by_workflow;
CREATE INDEX jobs_by_workflow ON jobs (workflow, state) WHERE archived_at IS NULL;
CREATE INDEX jobs_archived ON jobs (workflow) WHERE archived_at IS NOT NULL;
DROP INDEX jobs_failed;
CREATE INDEX jobs_failed ON jobs (state)
    WHERE state IN ('failed', 'dead_lettered') AND archived_at IS NULL;

DROP TRIGGER events_follow_the_table;
CREATE TRIGGER events_follow_the_table BEFORE INSERT ON events
WHEN CASE
    WHEN NEW.kind = 'enqueued' THEN NEW.from_state IS NOT NULL OR NEW.to_state <> 'pending'
    WHEN NEW.kind IN ('unblocked', 'blocked', 'amended', 'archived', 'unarchived', 'paused',
        'resumed', 'stop_requested', 'purged') THEN NEW.from_state IS NOT NEW.to_state
    ELSE NOT EXISTS (
        SELECT 1 FROM transitions
        WHERE state = NEW.from_state AND event = NEW.kind AND target = NEW.to_state)
    END
BEGIN
    SELECT RAISE(ABORT, 'no such event in that state');
END;
