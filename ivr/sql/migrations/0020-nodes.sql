-- Several nodes on one database: which of them is heard of, whose talk it is, and what a lost one has left behind.

-- heard_at: when a process beside the node's Asterisk last said that it is there (ivr/heartbeat.py).
CREATE TABLE node (
    name text PRIMARY KEY CHECK (name <> ''),
    heard_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- node: where the meter is. '' is from before this version.
ALTER TABLE talk ADD COLUMN node text NOT NULL DEFAULT '';

-- Whether a leg's node is another one than this ("here"), and was heard of within so many seconds.
CREATE FUNCTION lives_elsewhere(leg_node text, here text, seconds double precision) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT leg_node <> here AND EXISTS (
        SELECT FROM node n WHERE n.name = leg_node AND n.heard_at > clock_timestamp() - seconds * interval '1 second')
$$;

-- Whether an incident had an engineer and all legs of its caller are on other nodes that were not heard of for "patience" seconds, but
-- were within the window in which a caller may come back. Nobody can tell such a node from one that only lost its way to the database:
-- so nothing is done until the caller calls again, which is the proof that their old leg is gone.
CREATE FUNCTION left_by_lost_node(incident bigint, here text, patience double precision, back integer) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT i.status IN ('talking', 'connecting') AND i.ending IS NULL
        AND EXISTS (SELECT FROM offer o WHERE o.incident_id = i.id AND o.result = 'accepted')
        AND (
            SELECT coalesce(bool_and(l.node <> here
                AND n.heard_at <= clock_timestamp() - patience * interval '1 second'
                AND n.heard_at > clock_timestamp() - back * interval '1 second'), false)
            FROM leg l LEFT JOIN node n ON n.name = l.node
            WHERE l.incident_id = i.id AND l.role = 'caller' AND l.ended_at IS NULL)
    FROM incident i WHERE i.id = left_by_lost_node.incident
$$;

-- Its caller is calling again: legs and talk end when the node was last heard of, and the incident waits as after any dropped line.
-- False when it is not lost (any more).
CREATE FUNCTION suspend_lost(incident bigint, here text, patience double precision, back integer) RETURNS boolean LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    PERFORM FROM incident i WHERE i.id = suspend_lost.incident FOR NO KEY UPDATE;
    IF NOT coalesce(left_by_lost_node(suspend_lost.incident, suspend_lost.here, suspend_lost.patience, suspend_lost.back), false) THEN
        RETURN false;
    END IF;
    PERFORM append_event(suspend_lost.incident, 'node_lost', jsonb_build_object('node', (
        SELECT min(l.node) FROM leg l WHERE l.incident_id = suspend_lost.incident AND l.role = 'caller' AND l.ended_at IS NULL)));
    UPDATE talk SET ended_at = checkpoint_at WHERE incident_id = suspend_lost.incident AND ended_at IS NULL;
    UPDATE leg SET ended_at = greatest(leg.began_at, n.heard_at) FROM node n
    WHERE leg.incident_id = suspend_lost.incident AND leg.ended_at IS NULL AND n.name = leg.node;
    RETURN suspend_incident(suspend_lost.incident, suspend_lost.back);
END
$$;
