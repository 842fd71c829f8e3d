"""The ledger in one SQLite file. The only package with SQL."""
