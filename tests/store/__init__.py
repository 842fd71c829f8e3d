"""The ledger: what every store must do, and what SQLite must survive."""
