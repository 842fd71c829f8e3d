-- How many jobs a job lies inside: 1 for one that no job submitted. The rule about the most is of
-- the queue (job_environment.DEPTH_MAX).

ALTER TABLE jobs ADD COLUMN depth INTEGER NOT NULL DEFAULT 1 CHECK (depth > 0);
