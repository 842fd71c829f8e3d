-- At most so many at once, or so many starts in any window, of a type, a workspace or a resource.
-- place is the workspace that a resource belongs to; it is empty for one of all workspaces.

DROP TABLE limits;
CREATE TABLE limits (
    seq INTEGER PRIMARY KEY,
    scope TEXT NOT NULL CHECK (scope IN ('type', 'workspace', 'resource')),
    subject TEXT NOT NULL,
    place TEXT NOT NULL DEFAULT '',
    running INTEGER CHECK (running >= 1),
    starts INTEGER CHECK (starts >= 1),
    window_ms INTEGER CHECK (window_ms >= 1),
    changed_at INTEGER NOT NULL,
    changed_by INTEGER NOT NULL REFERENCES sessions,
    UNIQUE (scope, subject, place),
    CHECK ((starts IS NULL) = (window_ms IS NULL)),
    CHECK (running IS NOT NULL OR starts IS NOT NULL),
    CHECK (place = '' OR scope = 'resource')
) STRICT;

-- The newest starts under a limit, as many as it counts.
CREATE TABLE limit_starts (
    limited INTEGER NOT NULL REFERENCES limits ON DELETE CASCADE,
    number INTEGER NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (limited, number)
) STRICT, WITHOUT ROWID;

-- Of a resource that several jobs may have at once, each has one place of its own.
ALTER TABLE jobs ADD COLUMN resource_slot INTEGER NOT NULL DEFAULT 0 CHECK (resource_slot >= 0);
DROP INDEX jobs_resource;
CREATE UNIQUE INDEX jobs_resource ON jobs (resource_scope, resource_key, resource_slot)
    WHERE resource_key IS NOT NULL AND state = 'running';
