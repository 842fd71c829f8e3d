CREATE TABLE links (
    id       INTEGER PRIMARY KEY,
    url      TEXT    NOT NULL UNIQUE,
    title    TEXT    NOT NULL,
    votes    INTEGER NOT NULL DEFAULT 0 CHECK (votes >= 0),
    added_at INTEGER NOT NULL
) STRICT;

CREATE INDEX links_by_votes ON links (votes DESC, added_at);
