-- talk_began --
-- Both legs are in one bridge. The same row again for whoever hears of it later, also when it is over.
INSERT INTO talk (incident_id, offer_id, caller_uniqueid, bridge, started_monotonic, boot_id, node)
SELECT incident_id, id, %(caller)s, %(bridge)s, %(monotonic)s, %(boot_id)s, %(node)s FROM offer WHERE uniqueid = %(offer)s
ON CONFLICT (offer_id, bridge) DO UPDATE SET bridge = excluded.bridge
RETURNING id;

-- talk_checkpoint --
-- Seconds so far; never fewer than before.
UPDATE talk SET seconds = greatest(seconds, %(seconds)s), checkpoint_at = clock_timestamp()
WHERE id = %(talk_id)s AND ended_at IS NULL;

-- talk_ended --
-- The last count of a talk, once.
UPDATE talk SET seconds = greatest(seconds, %(seconds)s), checkpoint_at = clock_timestamp(), ended_at = clock_timestamp()
WHERE id = %(talk_id)s AND ended_at IS NULL;

-- talk_is_open --
-- Whether the meter still counts a talk of this incident.
SELECT EXISTS (SELECT FROM talk WHERE incident_id = %(incident_id)s AND ended_at IS NULL) AS open;

-- open_talks --
-- What a restarted process may go on metering: the talks of its own node.
SELECT t.id, t.incident_id, o.uniqueid AS offer_uniqueid, t.caller_uniqueid, t.bridge, t.started_monotonic, t.boot_id, t.seconds
FROM talk t JOIN offer o ON o.id = t.offer_id WHERE t.ended_at IS NULL AND t.node IN (%(node)s, '') ORDER BY t.id;

-- talked_seconds --
SELECT coalesce(sum(seconds), 0)::float8 AS seconds FROM talk WHERE incident_id = %(incident_id)s;

-- limits --
-- Of open talks: the caller's channel, what the incident was allotted, what its other talks used, what both sides were told of it.
SELECT t.id AS talk_id, t.incident_id, l.channel, i.seconds_left AS allotted, coalesce(i.cover = 'agreement', false) AS covered,
    (SELECT coalesce(sum(seconds), 0)::float8 FROM talk other WHERE other.incident_id = i.id AND other.id <> t.id) AS before,
    array(SELECT detail ->> 'prompt' FROM incident_event e WHERE e.incident_id = i.id AND e.kind = 'time_warning') AS said
FROM talk t JOIN incident i ON i.id = t.incident_id JOIN leg l ON l.uniqueid = t.caller_uniqueid
WHERE t.id = ANY(%(talk_ids)s::bigint[]) AND t.ended_at IS NULL ORDER BY t.id;

-- claim_warning --
-- Returns a row to the one process that is to say it.
INSERT INTO incident_event (incident_id, kind, detail, request)
VALUES (%(incident_id)s, 'time_warning', jsonb_build_object('prompt', %(prompt)s::text), %(request)s)
ON CONFLICT (request) DO NOTHING RETURNING id;

-- no_charge --
-- The engineer makes the call free. Repeating it changes nothing.
UPDATE incident SET no_charge = true WHERE id = %(incident_id)s RETURNING id;
