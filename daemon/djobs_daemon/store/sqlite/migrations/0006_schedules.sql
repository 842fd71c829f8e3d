-- What becomes of a run whose time comes while the job of the one before is still open.

ALTER TABLE schedules ADD COLUMN overlap TEXT NOT NULL DEFAULT 'skip'
    CHECK (overlap IN ('skip', 'allow'));
