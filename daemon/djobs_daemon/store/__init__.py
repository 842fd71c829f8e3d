"""The ledger: what handlers may ask of it. Implementations live below."""
