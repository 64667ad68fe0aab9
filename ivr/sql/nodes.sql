-- beat --
-- This node is there.
INSERT INTO node (name) VALUES (%(node)s) ON CONFLICT (name) DO UPDATE SET heard_at = clock_timestamp();

-- suspend_lost --
-- The caller of an incident on a lost node has called again.
SELECT suspend_lost(%(incident_id)s, %(node)s, %(patience)s, %(window)s) AS waits;
