"""One file per family of requests: decision and ledger, joined."""
