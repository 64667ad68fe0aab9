-- summaries --
-- The newest incidents, or the one asked for.
SELECT i.id, i.began_at, i.ended_at, i.status, i.reason, c.account, c.name AS customer, first_call.caller_id,
    last_engineer.name AS engineer, coalesce(talked.seconds, 0)::float8 AS talked_seconds
FROM incident i
LEFT JOIN customer c ON c.id = i.customer_id
LEFT JOIN LATERAL (SELECT caller_id FROM call WHERE incident_id = i.id ORDER BY id LIMIT 1) first_call ON true
LEFT JOIN LATERAL (
    SELECT coalesce(e.name, o.failsafe) AS name FROM offer o LEFT JOIN engineer e ON e.id = o.engineer_id
    WHERE o.incident_id = i.id AND o.result = 'accepted' ORDER BY o.ended_at DESC LIMIT 1
) last_engineer ON true
LEFT JOIN LATERAL (SELECT sum(seconds) AS seconds FROM talk WHERE incident_id = i.id) talked ON true
WHERE %(incident_id)s::bigint IS NULL OR i.id = %(incident_id)s
ORDER BY i.id DESC LIMIT %(limit)s;

-- decisions --
-- What was decided in the questions, and what the incident comes to.
SELECT i.consent, i.identified_how, i.cover, i.seconds_left, i.charged_seconds, i.charged_minutes, i.charge_cents, i.charge_tax_cents,
    d.cents AS debt_cents, r.currency::text,
    (SELECT sum(spent)::bigint FROM reservation_now WHERE incident_id = i.id) AS agreement_seconds
FROM incident i LEFT JOIN rate r ON r.id = i.rate_id LEFT JOIN debt d ON d.incident_id = i.id WHERE i.id = %(incident_id)s;

-- events --
-- The timeline.
SELECT at, kind, detail FROM incident_event WHERE incident_id = %(incident_id)s ORDER BY at, id;

-- unfinished --
-- Incidents that have not ended, with what tells whether anybody still works on them. Those that wait for their caller to call again
-- have a clock of their own (end_windows).
SELECT i.id AS incident_id, i.status, i.consent, i.ending,
    array_agg(l.uniqueid) FILTER (WHERE l.role = 'caller') AS caller_uniqueids,
    bool_and(l.ended_at IS NOT NULL AND l.ended_at < now() - %(grace)s * interval '1 second')
        FILTER (WHERE l.role = 'caller') AS callers_gone,
    extract(epoch FROM clock_timestamp() - greatest(
        i.began_at,
        (SELECT max(at) FROM incident_event WHERE incident_id = i.id),
        (SELECT max(checkpoint_at) FROM talk WHERE incident_id = i.id)
    ))::float8 AS silent_seconds,
    EXISTS (SELECT FROM offer WHERE incident_id = i.id AND result = 'accepted') AS accepted,
    i.accepted_offer_id IS NULL AND i.engineer_dropped AS lost,
    coalesce(bool_or(l.ended_at IS NULL AND l.role = 'caller' AND lives_elsewhere(l.node, %(node)s, %(silence)s)), false) AS elsewhere
FROM incident i LEFT JOIN leg l ON l.incident_id = i.id
WHERE i.status NOT IN ('suspended', 'ended') GROUP BY i.id ORDER BY i.id;

-- close_leftovers --
-- What a killed process left open of incidents that ended a while ago: talks at their last checkpoint, offers, legs without a channel
-- (none when it is not known which channels live: then the condition is null).
WITH over AS (
    SELECT id FROM incident WHERE status = 'ended' AND ended_at < now() - %(grace)s * interval '1 second'
), talks AS (
    UPDATE talk SET ended_at = checkpoint_at FROM over
    WHERE talk.incident_id = over.id AND talk.ended_at IS NULL AND checkpoint_at < now() - %(grace)s * interval '1 second'
), offers AS (
    UPDATE offer SET result = 'caller_gone' FROM over WHERE offer.incident_id = over.id AND offer.result IS NULL
)
UPDATE leg SET ended_at = clock_timestamp() FROM over
WHERE leg.incident_id = over.id AND leg.ended_at IS NULL AND NOT leg.uniqueid = ANY(%(live)s::text[])
    AND NOT lives_elsewhere(leg.node, %(node)s, %(silence)s);
