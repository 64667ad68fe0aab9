-- One statement is one transaction. Names stand alone in a line: "-- name --"; what follows in comments says what for.
-- {name} stands for the text of that name.

-- ping --
-- Is the database there and migrated?
SELECT count(*) FROM rate;

-- begin_call --
-- Incident, call and leg of a caller who has just arrived; the same incident again for a known uniqueid. The incident as it is then.
WITH known AS (
    SELECT incident_id FROM leg WHERE uniqueid = %(uniqueid)s
), new_incident AS (
    INSERT INTO incident (status) SELECT 'open' WHERE NOT EXISTS (SELECT FROM known) RETURNING {incident_columns}
), new_call AS (
    INSERT INTO call (incident_id, caller_id) SELECT id, %(caller_id)s FROM new_incident RETURNING id, incident_id
), new_leg AS (
    INSERT INTO leg (uniqueid, channel, role, incident_id, call_id, node)
    SELECT %(uniqueid)s, %(channel)s, 'caller', incident_id, id, %(node)s FROM new_call
)
SELECT * FROM new_incident UNION ALL SELECT {incident_columns} FROM incident WHERE id IN (SELECT incident_id FROM known);

-- incident_columns --
-- An incident as the flow needs it, for SELECT and for RETURNING.
    incident.id, incident.status, incident.reason, incident.consent, incident.customer_id, incident.identified_how, incident.cover,
    incident.seconds_left, incident.category, incident.trunk_claim, incident.claimed_id, incident.no_charge, incident.resume_code,
    incident.suspended_until, incident.language, incident.ending,
    incident.category_at IS NOT NULL AS category_asked, incident.trunks_at IS NOT NULL AS trunks_asked,
    (SELECT coalesce(o.channel, '') FROM offer o WHERE o.id = incident.accepted_offer_id) AS engineer_channel;

-- incident --
SELECT {incident_columns} FROM incident WHERE id = %(incident_id)s;

-- incident_of_channel --
-- The incident that a caller's or engineer's channel belongs to.
SELECT {incident_columns} FROM incident WHERE id = (
    SELECT incident_id FROM leg WHERE uniqueid = %(uniqueid)s UNION ALL SELECT incident_id FROM offer WHERE uniqueid = %(uniqueid)s LIMIT 1
);

-- incident_of_caller --
-- The incident that a caller's channel belongs to.
SELECT {incident_columns} FROM incident WHERE id = (SELECT incident_id FROM leg WHERE uniqueid = %(uniqueid)s AND role = 'caller');

-- caller_legs --
-- The caller's legs of an incident that have not ended.
SELECT uniqueid FROM leg WHERE incident_id = %(incident_id)s AND role = 'caller' AND ended_at IS NULL;

-- open_legs --
-- Callers' legs of one machine that have not ended as far as is known.
SELECT uniqueid, channel, began_at FROM leg WHERE node = %(node)s AND role = 'caller' AND ended_at IS NULL;

-- account_of --
-- The account number of the customer who calls; NULL when nobody was verified.
SELECT c.account FROM incident i JOIN customer c ON c.id = i.customer_id WHERE i.id = %(incident_id)s;

-- note --
-- A line on the timeline; written once for each request.
INSERT INTO incident_event (incident_id, kind, detail, request)
VALUES (%(incident_id)s, %(kind)s, %(detail)s, %(request)s) ON CONFLICT (request) DO NOTHING;

-- key_pressed --
-- A key of the talk, with its line on the timeline: written once for each request.
WITH told AS (
    INSERT INTO incident_event (incident_id, kind, detail, request)
    SELECT id, 'key', jsonb_build_object('name', %(name)s::text), %(request)s FROM incident WHERE id = %(incident_id)s
    ON CONFLICT (request) DO NOTHING
)
SELECT {incident_columns} FROM incident WHERE id = %(incident_id)s;

-- consent --
-- The caller's answer, with what was said before it.
UPDATE incident SET consent = %(answer)s, rate_id = %(rate_id)s, prompt_version = %(prompt_version)s,
    price_ms = %(price_ms)s, consent_at = clock_timestamp()
WHERE id = %(incident_id)s RETURNING id;

-- category --
-- What is down, as the caller says, and whether our own trunks are blamed for it.
UPDATE incident SET category = %(category)s, trunk_claim = %(trunk_claim)s, category_at = coalesce(category_at, clock_timestamp())
WHERE id = %(incident_id)s RETURNING id;

-- speaks --
-- What the caller hears, with a line on the timeline.
WITH changed AS (
    UPDATE incident SET language = %(language)s WHERE id = %(incident_id)s RETURNING id
), told AS (
    INSERT INTO incident_event (incident_id, kind, detail)
    SELECT id, 'language', jsonb_build_object('language', %(language)s::text) FROM changed
)
SELECT id FROM changed;

-- trunks_asked --
-- Whether the customer blames our trunks when asked for it.
UPDATE incident SET trunk_claim = trunk_claim OR %(down)s, trunks_at = coalesce(trunks_at, clock_timestamp())
WHERE id = %(incident_id)s RETURNING id;

-- identified --
-- Who calls; customer_id NULL when that could not be verified.
UPDATE incident SET customer_id = %(customer_id)s, identified_how = %(how)s,
    identified_at = coalesce(identified_at, clock_timestamp())
WHERE id = %(incident_id)s RETURNING {incident_columns};

-- covered --
-- Who pays when it is no agreement.
UPDATE incident SET cover = %(cover)s, agreement_id = NULL, seconds_left = NULL
WHERE id = %(incident_id)s RETURNING id;

-- connecting --
-- Engineers are now being offered the incident. Repeating it changes nothing, and the code stays the first.
UPDATE incident SET status = 'connecting', resume_code = coalesce(resume_code, %(resume_code)s)
WHERE id = %(incident_id)s AND status IN ('open', 'connecting') RETURNING {incident_columns}, (
    SELECT id FROM offer WHERE incident_id = incident.id AND result = 'accepted' ORDER BY ended_at DESC, id DESC LIMIT 1
) AS last_offer;

-- engineer_lost --
-- The accepted engineer is gone, cut off (dropped) or by a hang-up; the incident is offered again.
UPDATE incident SET status = 'connecting', accepted_offer_id = NULL, engineer_dropped = engineer_dropped OR %(dropped)s
WHERE id = %(incident_id)s AND (status = 'talking' OR status = 'connecting') RETURNING id;

-- set_ending --
-- The ending key of the engineer who has the incident, to be told at the goodbye; too late when it is over, or somebody else's by now.
-- If the caller's line has dropped, it is over.
UPDATE incident SET ending = %(reason)s, reason = CASE status WHEN 'suspended' THEN %(reason)s END,
    status = CASE status WHEN 'suspended' THEN 'ended' ELSE status END
WHERE id = %(incident_id)s AND accepted_offer_id = %(offer_id)s AND status IN ('talking', 'suspended') RETURNING id;

-- ending --
-- The engineer's ending key, if one was pressed.
SELECT ending FROM incident WHERE id = %(incident_id)s;

-- end_incident --
-- Ends it once. "won" tells the request that ended it from the others, also when that request is repeated.
WITH done AS (
    UPDATE incident SET status = 'ended', reason = %(reason)s, end_request = %(request)s
    WHERE id = %(incident_id)s AND status <> 'ended' RETURNING id
)
SELECT EXISTS (SELECT FROM done) OR coalesce(end_request = %(request)s, false) AS won FROM incident WHERE id = %(incident_id)s;

-- conclude --
-- The same with what the goodbye needs: the incident as it is then, and the seconds talked.
WITH done AS (
    UPDATE incident SET status = 'ended', reason = %(reason)s, end_request = %(request)s
    WHERE id = %(incident_id)s AND status <> 'ended' RETURNING {incident_columns}
), found AS (
    SELECT * FROM done UNION ALL SELECT {incident_columns} FROM incident WHERE id = %(incident_id)s AND NOT EXISTS (SELECT FROM done)
)
SELECT found.*, (SELECT coalesce(sum(seconds), 0)::float8 FROM talk WHERE incident_id = found.id) AS talked FROM found;

-- end_leg --
-- A leg is over. An engineer's leg that never accepted gets its row here. Gives the incident of a caller's leg, and
-- whether another leg of the caller's was there when this statement began: it may be ending in the same moment.
WITH known AS (
    UPDATE leg SET ended_at = clock_timestamp(), cause = %(cause)s
    WHERE uniqueid = %(uniqueid)s AND ended_at IS NULL RETURNING id
), engineers AS (
    INSERT INTO leg (uniqueid, channel, role, incident_id, offer_id, began_at, ended_at, cause)
    SELECT uniqueid, coalesce(channel, uniqueid), 'engineer', incident_id, id, made_at, clock_timestamp(), %(cause)s
    FROM offer WHERE uniqueid = %(uniqueid)s AND NOT EXISTS (SELECT FROM known)
    ON CONFLICT (uniqueid) DO NOTHING
)
SELECT {incident_columns}, EXISTS (
    SELECT FROM leg other WHERE other.incident_id = incident.id AND other.role = 'caller' AND other.ended_at IS NULL
        AND other.uniqueid <> leg.uniqueid) AS elsewhere
FROM incident JOIN leg ON leg.incident_id = incident.id WHERE leg.uniqueid = %(uniqueid)s AND leg.role = 'caller';

-- leg_cause --
-- Why a leg ended (Q.850 cause); NULL while it lives or when it is unknown.
SELECT cause FROM leg WHERE uniqueid = %(uniqueid)s AND ended_at IS NOT NULL;
