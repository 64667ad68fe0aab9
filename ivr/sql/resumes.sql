-- suspend --
-- The caller's line is gone after an accept: the window counts from the end of their last leg.
SELECT suspend_incident(%(incident_id)s, %(seconds)s) AS waits;

-- suspended_calls --
-- Incidents to which a new call could belong, last suspended first: callers' numbers that end alike. None once the call has its leg.
-- "chosen": this very call has already asked for it. "lost": its node is, so it is not suspended yet.
SELECT i.id, c.caller_id, EXISTS (SELECT FROM incident_event WHERE request = %(request)s) AS chosen, i.status <> 'suspended' AS lost
FROM incident i
JOIN LATERAL (SELECT caller_id FROM call WHERE incident_id = i.id ORDER BY id DESC LIMIT 1) c ON true
WHERE i.status <> 'ended'
    AND CASE i.status WHEN 'suspended' THEN i.suspended_until > clock_timestamp()
        ELSE left_by_lost_node(i.id, %(node)s, %(patience)s, %(window)s) END
    AND right(regexp_replace(c.caller_id, '[^0-9]', '', 'g'), 7) = right(%(number)s::text, 7)
    AND NOT EXISTS (SELECT FROM leg WHERE uniqueid = %(uniqueid)s)
ORDER BY i.suspended_until DESC NULLS FIRST, i.id DESC;

-- wants_back --
-- The call wishes to go back to it: on the timeline, once. Who called in time has some seconds to prove it, also past the window's end.
WITH noted AS (
    INSERT INTO incident_event (incident_id, kind, detail, request)
    VALUES (%(incident_id)s, 'redialled', '{}', %(request)s) ON CONFLICT (request) DO NOTHING RETURNING incident_id
)
UPDATE incident SET suspended_until = greatest(suspended_until, clock_timestamp() + %(seconds)s * interval '1 second')
FROM noted WHERE incident.id = noted.incident_id AND status = 'suspended' AND suspended_until > clock_timestamp();

-- try_code --
-- Counts a try and says whether the code was right; no row when there were too many, or nothing waits any more.
UPDATE incident SET code_tries = code_tries + 1
WHERE id = %(incident_id)s AND status = 'suspended' AND code_tries < %(most)s
RETURNING coalesce(resume_code = %(code)s, false) AS fits;

-- resume_call --
-- The caller is back: call and leg belong to the suspended incident, unless its window is over. The same again for a known leg.
WITH back AS (
    UPDATE incident SET status = 'connecting', accepted_offer_id = NULL, ending = NULL
    WHERE id = %(incident_id)s AND status = 'suspended' AND suspended_until > clock_timestamp()
        AND NOT EXISTS (SELECT FROM leg WHERE uniqueid = %(uniqueid)s)
    RETURNING id
), phones_still_ringing AS (
    UPDATE offer SET result = 'caller_gone' FROM back WHERE offer.incident_id = back.id AND offer.result IS NULL
), new_call AS (
    INSERT INTO call (incident_id, caller_id) SELECT id, %(caller_id)s FROM back RETURNING id, incident_id
), new_leg AS (
    INSERT INTO leg (uniqueid, channel, role, incident_id, call_id, node)
    SELECT %(uniqueid)s, %(channel)s, 'caller', incident_id, id, %(node)s FROM new_call RETURNING incident_id
)
SELECT incident_id AS id FROM new_leg
UNION ALL SELECT incident_id FROM leg WHERE uniqueid = %(uniqueid)s AND incident_id = %(incident_id)s;

-- end_windows --
-- Ends the incident whose caller did not come back in time, or all of them (NULL). By whose fault nobody was there is decided by then.
UPDATE incident SET status = 'ended', reason = coalesce(
    ending, CASE WHEN accepted_offer_id IS NULL AND engineer_dropped THEN 'engineer_lost' ELSE 'caller_stopped' END)
WHERE status = 'suspended' AND suspended_until <= clock_timestamp() AND (%(incident_id)s::bigint IS NULL OR id = %(incident_id)s)
RETURNING id;

-- last_accepted --
-- The offer of the engineer who had the incident last.
SELECT {offer_columns} FROM offer o WHERE o.incident_id = %(incident_id)s AND o.result = 'accepted' ORDER BY o.ended_at DESC, o.id DESC LIMIT 1;
