-- Who was told what: by recipient for cool-downs, by time for lists and for forgetting.

CREATE INDEX deliveries_by_recipient ON deliveries (kind, recipient, last_at);
CREATE INDEX deliveries_by_time ON deliveries (last_at);
CREATE INDEX deliveries_to_forget ON deliveries (quiet_until) WHERE quiet_until IS NOT NULL;
