-- On which machine's Asterisk a caller's leg is: only there can anybody know that it is gone.
ALTER TABLE leg ADD COLUMN node text NOT NULL DEFAULT '';
CREATE INDEX leg_open ON leg (node) WHERE ended_at IS NULL;
