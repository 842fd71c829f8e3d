-- The ledger. Times are milliseconds since the epoch, UTC. Money is millionths of a US dollar.
-- What is stored once and named often (types, workspaces, workflows, sessions) is named by number.
-- Hot paths have partial indexes only: each index is paid for by every enqueue.

CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- djobs_protocol.states.TRANSITIONS, repeated because this file outlives the program.
CREATE TABLE transitions (
    state TEXT NOT NULL,
    event TEXT NOT NULL,
    target TEXT NOT NULL,
    PRIMARY KEY (state, event)
) STRICT, WITHOUT ROWID;

INSERT INTO transitions (state, event, target) VALUES
    ('pending', 'claimed', 'running'),
    ('pending', 'succeeded', 'succeeded'),
    ('pending', 'failed', 'failed'),
    ('pending', 'cancelled', 'cancelled'),
    ('pending', 'skipped', 'skipped'),
    ('running', 'succeeded', 'succeeded'),
    ('running', 'failed', 'failed'),
    ('running', 'retry_scheduled', 'retry_scheduled'),
    ('running', 'dead_lettered', 'dead_lettered'),
    ('running', 'released', 'pending'),
    ('running', 'lease_lapsed', 'pending'),
    ('running', 'stopped', 'stopped'),
    ('retry_scheduled', 'retry_due', 'pending'),
    ('retry_scheduled', 'succeeded', 'succeeded'),
    ('retry_scheduled', 'failed', 'failed'),
    ('retry_scheduled', 'cancelled', 'cancelled'),
    ('retry_scheduled', 'skipped', 'skipped'),
    ('succeeded', 'retried', 'pending'),
    ('failed', 'retried', 'pending'),
    ('dead_lettered', 'retried', 'pending'),
    ('cancelled', 'retried', 'pending'),
    ('stopped', 'retried', 'pending'),
    ('skipped', 'retried', 'pending');

CREATE TABLE types (
    seq INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    defaults TEXT
) STRICT;

CREATE TABLE workspaces (
    seq INTEGER PRIMARY KEY,
    path TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE workflows (
    seq INTEGER PRIMARY KEY,
    correlation_id TEXT NOT NULL UNIQUE,
    archived_at INTEGER
) STRICT;

CREATE TABLE agents (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    capabilities TEXT NOT NULL DEFAULT '[]',
    metadata TEXT NOT NULL DEFAULT '{}',
    status TEXT NOT NULL DEFAULT 'active',
    registered_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL
) STRICT;

CREATE TABLE sessions (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    agent TEXT,
    workspace TEXT NOT NULL,
    client TEXT NOT NULL,
    pid INTEGER NOT NULL,
    process_start INTEGER,
    boot TEXT,
    pid_namespace INTEGER,
    started_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    ended_at INTEGER
) STRICT;

CREATE TABLE schedules (
    seq INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    workspace INTEGER NOT NULL REFERENCES workspaces,
    cron TEXT NOT NULL,
    zone TEXT NOT NULL,
    missed TEXT NOT NULL CHECK (missed IN ('skip', 'once', 'all')),
    template TEXT NOT NULL,
    next_at INTEGER,
    last_at INTEGER,
    paused_at INTEGER,
    created_at INTEGER NOT NULL,
    created_by INTEGER NOT NULL REFERENCES sessions,
    UNIQUE (workspace, name)
) STRICT;

CREATE INDEX schedules_due ON schedules (next_at) WHERE next_at IS NOT NULL AND paused_at IS NULL;

-- AUTOINCREMENT: a number is never given twice, even after the row is gone (R30).
CREATE TABLE jobs (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    run INTEGER NOT NULL DEFAULT 1 CHECK (run >= 1),
    type INTEGER NOT NULL REFERENCES types,
    managed_by TEXT NOT NULL CHECK (managed_by IN ('agent', 'worker', 'executor')),
    state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN (
        'pending', 'running', 'retry_scheduled',
        'succeeded', 'failed', 'dead_lettered', 'cancelled', 'stopped', 'skipped')),
    priority INTEGER NOT NULL CHECK (priority BETWEEN 1 AND 10),
    workflow INTEGER NOT NULL REFERENCES workflows,
    workspace INTEGER NOT NULL REFERENCES workspaces,
    idempotency_key TEXT,
    key_scope INTEGER,
    key_freed_at INTEGER,
    resource_key TEXT,
    resource_scope INTEGER,
    attempt INTEGER NOT NULL DEFAULT 0 CHECK (attempt >= 0),
    max_attempts INTEGER NOT NULL CHECK (max_attempts >= 1),
    blockers INTEGER NOT NULL DEFAULT 0 CHECK (blockers >= 0),
    due INTEGER NOT NULL DEFAULT 1 CHECK (due IN (0, 1)),
    -- A claim met this job while another one held its resource; see resources.py.
    parked INTEGER NOT NULL DEFAULT 0 CHECK (parked IN (0, 1)),
    revision INTEGER NOT NULL DEFAULT 1 CHECK (revision >= 1),
    generation INTEGER NOT NULL DEFAULT 0 CHECK (generation >= 0),
    run_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    created_by INTEGER NOT NULL REFERENCES sessions,
    holder INTEGER REFERENCES sessions,
    holder_agent TEXT,
    lease_expires_at INTEGER,
    started_at INTEGER,
    finished_at INTEGER,
    finished_by INTEGER REFERENCES sessions,
    -- The events whose texts are the payload, the evidence and the last error.
    payload_in INTEGER,
    evidence_in INTEGER,
    error_in INTEGER,
    -- Asked for at enqueue, rarely.
    options TEXT,
    output_path TEXT,
    model TEXT,
    verify TEXT,
    retry_policy TEXT,
    max_duration_ms INTEGER CHECK (max_duration_ms > 0),
    lease_ms INTEGER CHECK (lease_ms > 0),
    key_until INTEGER,
    graph_key TEXT,
    budget TEXT,
    sandbox TEXT,
    parent INTEGER REFERENCES jobs ON DELETE SET NULL,
    schedule INTEGER REFERENCES schedules ON DELETE SET NULL,
    -- Marks on top of the state.
    archived_at INTEGER,
    paused_at INTEGER,
    stop_requested_at INTEGER,
    exit_code INTEGER,
    sandbox_enforced TEXT,
    verified INTEGER CHECK (verified IN (0, 1)),
    CHECK ((state = 'running') = (holder IS NOT NULL)),
    -- What an executor runs is held by the lock of its runner, not for a time.
    CHECK (state <> 'running' OR lease_expires_at IS NOT NULL OR managed_by = 'executor'),
    CHECK (state = 'running' OR lease_expires_at IS NULL),
    CHECK (state = 'running' OR holder_agent IS NULL),
    CHECK ((state IN ('pending', 'running', 'retry_scheduled')) = (finished_at IS NULL)),
    CHECK ((finished_at IS NULL) = (finished_by IS NULL)),
    CHECK (attempt <= max_attempts),
    CHECK (state <> 'pending' OR attempt < max_attempts),
    CHECK (parked = 0 OR (state = 'pending' AND resource_key IS NOT NULL)),
    CHECK (state <> 'running' OR (attempt >= 1 AND generation >= 1 AND started_at IS NOT NULL)),
    CHECK ((idempotency_key IS NULL) = (key_scope IS NULL)),
    CHECK (key_freed_at IS NULL OR idempotency_key IS NOT NULL),
    CHECK ((resource_key IS NULL) = (resource_scope IS NULL))
) STRICT;

-- A job that a claim may take. Its number, the order within a priority, ends every index anyway.
CREATE INDEX jobs_ready ON jobs (managed_by, workspace, type, priority)
    WHERE state = 'pending' AND blockers = 0 AND due = 1 AND parked = 0 AND paused_at IS NULL;
CREATE INDEX jobs_ready_of_workflow ON jobs (managed_by, workflow, type, priority)
    WHERE state = 'pending' AND blockers = 0 AND due = 1 AND parked = 0 AND paused_at IS NULL;
CREATE INDEX jobs_parked
    ON jobs (resource_scope, resource_key, managed_by, type, workflow, priority)
    WHERE state = 'pending' AND parked = 1;
CREATE INDEX jobs_unfinished ON jobs (workflow, priority)
    WHERE state IN ('pending', 'running', 'retry_scheduled');
CREATE INDEX jobs_by_workflow ON jobs (workflow, state);
CREATE INDEX jobs_failed ON jobs (state) WHERE state IN ('failed', 'dead_lettered');
CREATE INDEX jobs_ended ON jobs (finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX jobs_undue ON jobs (run_at) WHERE state = 'pending' AND due = 0;
CREATE INDEX jobs_to_retry ON jobs (run_at) WHERE state = 'retry_scheduled';
CREATE INDEX jobs_leased ON jobs (lease_expires_at) WHERE state = 'running';
CREATE INDEX jobs_held ON jobs (holder) WHERE state = 'running';
CREATE INDEX jobs_parent ON jobs (parent) WHERE parent IS NOT NULL;
CREATE INDEX jobs_schedule ON jobs (schedule) WHERE schedule IS NOT NULL;
CREATE UNIQUE INDEX jobs_key ON jobs (key_scope, idempotency_key)
    WHERE idempotency_key IS NOT NULL AND key_freed_at IS NULL
    AND state NOT IN ('failed', 'dead_lettered', 'cancelled', 'stopped');
CREATE UNIQUE INDEX jobs_resource ON jobs (resource_scope, resource_key)
    WHERE resource_key IS NOT NULL AND state = 'running';

-- INSERT OR REPLACE would remove a job without the trigger on removals being asked.
CREATE TRIGGER jobs_begin_pending BEFORE INSERT ON jobs
WHEN NEW.state <> 'pending' OR NEW.run <> 1 OR EXISTS (SELECT 1 FROM jobs WHERE seq = NEW.seq)
BEGIN
    SELECT RAISE(ABORT, 'a new job is pending, and new');
END;

CREATE TRIGGER jobs_move_legally BEFORE UPDATE OF state ON jobs
WHEN OLD.state <> NEW.state AND NOT EXISTS (
    SELECT 1 FROM transitions WHERE state = OLD.state AND target = NEW.state)
BEGIN
    SELECT RAISE(ABORT, 'no such transition of a job');
END;

CREATE TRIGGER jobs_outlive_their_run BEFORE DELETE ON jobs
WHEN OLD.finished_at IS NULL
BEGIN
    SELECT RAISE(ABORT, 'an unfinished job is not removed');
END;

-- How many jobs of a workflow are in each state, and how many pending ones are 'blocked'.
CREATE TABLE tallies (
    workflow INTEGER NOT NULL REFERENCES workflows,
    what TEXT NOT NULL,
    jobs INTEGER NOT NULL CHECK (jobs >= 0),
    PRIMARY KEY (workflow, what)
) STRICT, WITHOUT ROWID;

-- Append-only. hash = sha256(previous hash, this line); content = sha256 of the text it brought.
-- A later column comes last and is left out of the hash where it is NULL.
CREATE TABLE events (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    job INTEGER NOT NULL,
    run INTEGER NOT NULL,
    from_state TEXT,
    to_state TEXT NOT NULL,
    terminal INTEGER NOT NULL CHECK (terminal = (kind IN (
        'succeeded', 'failed', 'dead_lettered', 'cancelled', 'stopped', 'skipped'))),
    type INTEGER NOT NULL,
    workflow INTEGER NOT NULL,
    workspace INTEGER NOT NULL,
    session INTEGER NOT NULL,
    agent TEXT,
    note TEXT,
    data TEXT,
    content BLOB,
    hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;

CREATE INDEX events_of_job ON events (job);
CREATE INDEX events_by_time ON events (at);
CREATE INDEX events_by_workflow ON events (workflow, at);
CREATE UNIQUE INDEX events_one_end ON events (job, run) WHERE terminal = 1;

CREATE TRIGGER events_follow_the_table BEFORE INSERT ON events
WHEN CASE
    WHEN NEW.kind = 'enqueued' THEN NEW.from_state IS NOT NULL OR NEW.to_state <> 'pending'
    WHEN NEW.kind IN ('unblocked', 'blocked', 'amended', 'archived', 'paused', 'resumed',
        'stop_requested', 'purged') THEN NEW.from_state IS NOT NEW.to_state
    ELSE NOT EXISTS (
        SELECT 1 FROM transitions
        WHERE state = NEW.from_state AND event = NEW.kind AND target = NEW.to_state)
    END
BEGIN
    SELECT RAISE(ABORT, 'no such event in that state');
END;

-- INSERT OR REPLACE would remove a line without the triggers below being asked.
CREATE TRIGGER events_are_not_replaced BEFORE INSERT ON events
WHEN NEW.seq <= (SELECT max(seq) FROM events) OR (NEW.terminal = 1 AND EXISTS (
    SELECT 1 FROM events WHERE job = NEW.job AND run = NEW.run AND terminal = 1))
BEGIN
    SELECT RAISE(ABORT, 'the history is append-only');
END;

CREATE TRIGGER events_are_not_changed BEFORE UPDATE ON events
BEGIN
    SELECT RAISE(ABORT, 'the history is append-only');
END;

-- But for its oldest part: what stands before 'first_event' is no longer claimed to be kept.
CREATE TRIGGER events_are_not_removed BEFORE DELETE ON events
WHEN OLD.seq >= coalesce(
    (SELECT CAST(value AS INTEGER) FROM meta WHERE name = 'first_event'), 0)
BEGIN
    SELECT RAISE(ABORT, 'the history is append-only');
END;

-- The whole text that an event brought: a payload, evidence, an error. Its digest is in the event.
CREATE TABLE texts (
    event INTEGER PRIMARY KEY,
    body TEXT NOT NULL
) STRICT;

CREATE TRIGGER texts_are_not_changed BEFORE UPDATE ON texts
BEGIN
    SELECT RAISE(ABORT, 'the history is append-only');
END;

-- A job that others need stays as long as they do: removing it would unblock them silently (R55).
CREATE TABLE dependencies (
    job INTEGER NOT NULL REFERENCES jobs ON DELETE CASCADE,
    position INTEGER NOT NULL,
    needs INTEGER NOT NULL REFERENCES jobs,
    on_failure TEXT NOT NULL DEFAULT 'block' CHECK (on_failure IN ('block', 'cancel', 'run')),
    PRIMARY KEY (job, position),
    UNIQUE (needs, job),
    CHECK (job <> needs)
) STRICT, WITHOUT ROWID;

-- Exactly once: the answer is stored with the effect.
CREATE TABLE requests (
    session INTEGER NOT NULL REFERENCES sessions,
    number TEXT NOT NULL,
    digest BLOB NOT NULL,
    answer BLOB NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (session, number)
) STRICT, WITHOUT ROWID;

-- Who was told what.
CREATE TABLE deliveries (
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    recipient TEXT NOT NULL,
    times INTEGER NOT NULL DEFAULT 1 CHECK (times >= 1),
    first_at INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    quiet_until INTEGER,
    event INTEGER,
    PRIMARY KEY (kind, key, recipient)
) STRICT, WITHOUT ROWID;

CREATE TABLE checkpoints (
    job INTEGER NOT NULL REFERENCES jobs ON DELETE CASCADE,
    run INTEGER NOT NULL,
    number INTEGER NOT NULL,
    at INTEGER NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (job, run, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE results (
    job INTEGER NOT NULL REFERENCES jobs ON DELETE CASCADE,
    run INTEGER NOT NULL,
    name TEXT NOT NULL,
    at INTEGER NOT NULL,
    data TEXT,
    path TEXT,
    sha256 BLOB,
    bytes INTEGER,
    PRIMARY KEY (job, run, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE logs (
    job INTEGER NOT NULL REFERENCES jobs ON DELETE CASCADE,
    number INTEGER NOT NULL,
    run INTEGER NOT NULL,
    at INTEGER NOT NULL,
    level TEXT NOT NULL,
    line TEXT NOT NULL,
    PRIMARY KEY (job, number)
) STRICT, WITHOUT ROWID;

-- One line per process that did a job's work (R4: pid, start and boot identify it).
CREATE TABLE executions (
    job INTEGER NOT NULL REFERENCES jobs ON DELETE CASCADE,
    generation INTEGER NOT NULL,
    run INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    executor TEXT NOT NULL,
    intended_at INTEGER NOT NULL,
    pid INTEGER,
    process_start TEXT,
    boot TEXT,
    pid_namespace TEXT,
    folder TEXT,
    started_at INTEGER,
    finished_at INTEGER,
    exit_code INTEGER,
    sandbox TEXT,
    outcome TEXT,
    PRIMARY KEY (job, generation)
) STRICT, WITHOUT ROWID;

CREATE INDEX executions_open ON executions (intended_at) WHERE finished_at IS NULL;

CREATE TABLE receipts (
    job INTEGER NOT NULL REFERENCES jobs ON DELETE CASCADE,
    run INTEGER NOT NULL,
    position INTEGER NOT NULL,
    at INTEGER NOT NULL,
    "check" TEXT NOT NULL,
    passed INTEGER NOT NULL CHECK (passed IN (0, 1)),
    exit_code INTEGER,
    output_sha256 BLOB,
    tree TEXT,
    PRIMARY KEY (job, run, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE usage (
    seq INTEGER PRIMARY KEY,
    job INTEGER NOT NULL,
    run INTEGER NOT NULL,
    at INTEGER NOT NULL,
    workspace INTEGER NOT NULL REFERENCES workspaces,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    tokens_in INTEGER NOT NULL DEFAULT 0,
    tokens_out INTEGER NOT NULL DEFAULT 0,
    tokens_cached INTEGER NOT NULL DEFAULT 0,
    busy_ms INTEGER NOT NULL DEFAULT 0,
    usd_micros INTEGER
) STRICT;

CREATE INDEX usage_of_job ON usage (job);
CREATE INDEX usage_by_workspace ON usage (workspace, at);
CREATE INDEX usage_by_time ON usage (at);

-- scope is 'all', 'workspace', 'workflow', 'type', 'resource' or 'job'; subject names the one meant.
CREATE TABLE limits (
    scope TEXT NOT NULL,
    subject TEXT NOT NULL,
    kind TEXT NOT NULL,
    amount INTEGER NOT NULL,
    window_ms INTEGER,
    action TEXT,
    changed_at INTEGER NOT NULL,
    changed_by INTEGER NOT NULL REFERENCES sessions,
    PRIMARY KEY (scope, subject, kind)
) STRICT, WITHOUT ROWID;

CREATE TABLE pauses (
    scope TEXT NOT NULL,
    subject TEXT NOT NULL,
    at INTEGER NOT NULL,
    by INTEGER NOT NULL REFERENCES sessions,
    until INTEGER,
    reason TEXT,
    PRIMARY KEY (scope, subject)
) STRICT, WITHOUT ROWID;

CREATE TABLE reservations (
    job INTEGER NOT NULL REFERENCES jobs ON DELETE CASCADE,
    scope TEXT NOT NULL,
    subject TEXT NOT NULL,
    kind TEXT NOT NULL,
    amount INTEGER NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (scope, subject, kind, job)
) STRICT, WITHOUT ROWID;

CREATE INDEX reservations_of_job ON reservations (job);
