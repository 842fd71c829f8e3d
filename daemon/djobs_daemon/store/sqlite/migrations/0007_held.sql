-- How long the claim under way lasts, where it says so itself; what the job says stays in lease_ms.

ALTER TABLE jobs ADD COLUMN held_ms INTEGER CHECK (held_ms > 0);
