-- What budgets count over, in an index of its own: a claim adds up a whole month.

CREATE INDEX usage_spent ON usage
    (at, workspace, provider, tokens_in, tokens_out, busy_ms, usd_micros);

-- What was allowed above a budget of the config file, until its period ends.
CREATE TABLE allowances (
    budget TEXT NOT NULL,
    subject TEXT NOT NULL,
    unit TEXT NOT NULL,
    until INTEGER NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0),
    at INTEGER NOT NULL,
    by INTEGER NOT NULL REFERENCES sessions,
    PRIMARY KEY (budget, subject, unit)
) STRICT, WITHOUT ROWID;
