-- make_offer --
-- One engineer, or a failsafe phone, is about to be rung; only while the incident is connecting. Written once for each request.
WITH known AS (
    SELECT * FROM offer WHERE request = %(request)s
), made AS (
    INSERT INTO offer (incident_id, engineer_id, failsafe, phone, request)
    SELECT id, %(engineer_id)s::bigint, %(failsafe)s::text, %(phone)s, %(request)s FROM incident
    WHERE id = %(incident_id)s AND status = 'connecting' AND NOT EXISTS (SELECT FROM known)
    RETURNING *
), o AS (
    SELECT * FROM made UNION ALL SELECT * FROM known
)
SELECT {offer_columns} FROM o;

-- offer_columns --
    o.id, o.incident_id, o.engineer_id, coalesce((SELECT name FROM engineer e WHERE e.id = o.engineer_id), o.failsafe) AS engineer_name,
    o.phone, o.uniqueid, o.result, o.channel;

-- offer --
SELECT {offer_columns} FROM offer o WHERE o.id = %(offer_id)s;

-- end_offer --
-- How an offer ended, written once: the first wins, and gets a row.
UPDATE offer SET result = %(end)s WHERE id = %(offer_id)s AND result IS NULL RETURNING id;

-- offer_ends --
-- Which of these offers have ended; also an accepted one of the incident that another process made.
SELECT o.id, o.result FROM offer o
WHERE o.incident_id = %(incident_id)s AND o.result IS NOT NULL
    AND (o.id = ANY(%(offers)s::bigint[]) OR o.id = (SELECT accepted_offer_id FROM incident WHERE id = %(incident_id)s));

-- briefing --
-- What the engineer of an offer is to be told. Seconds left are those allotted less those talked.
SELECT i.id AS incident_id, i.status, o.result AS end, c.account, k.account AS claimed, i.category, i.trunk_claim, i.cover,
    CASE WHEN i.seconds_left IS NOT NULL
        THEN greatest(0, i.seconds_left - (SELECT coalesce(round(sum(t.seconds)), 0) FROM talk t WHERE t.incident_id = i.id))::integer
    END AS seconds_left,
    (SELECT caller_id FROM call WHERE incident_id = i.id ORDER BY id DESC LIMIT 1) AS caller_id,
    EXISTS (
        SELECT FROM offer p WHERE p.incident_id = i.id AND p.id <> o.id AND p.result = 'accepted'
            AND (p.engineer_id = o.engineer_id OR p.engineer_id IS NULL AND p.phone = o.phone)
    ) AS again,
    i.language
FROM offer o JOIN incident i ON i.id = o.incident_id
LEFT JOIN customer c ON c.id = i.customer_id LEFT JOIN customer k ON k.id = i.claimed_id
WHERE o.id = %(offer_id)s;

-- accept --
-- The engineer pressed 1: claims the incident, or returns nothing when it is taken, over, or the offer has ended.
-- Both rows are locked before either is changed, so exactly one of any number of engineers wins.
-- The last SELECT answers a repeated request of the winner.
WITH claim AS MATERIALIZED (
    SELECT o.id, o.incident_id FROM incident i JOIN offer o ON o.incident_id = i.id
    WHERE o.id = %(offer_id)s AND o.result IS NULL AND i.status = 'connecting'
    FOR NO KEY UPDATE OF i, o
), won AS (
    UPDATE offer SET result = 'accepted', channel = %(channel)s FROM claim WHERE offer.id = claim.id
    RETURNING offer.id, offer.incident_id, offer.uniqueid, offer.made_at
), talking AS (
    UPDATE incident SET status = 'talking', accepted_offer_id = won.id FROM won WHERE incident.id = won.incident_id
), engineers_leg AS (
    INSERT INTO leg (uniqueid, channel, role, incident_id, offer_id, began_at, node)
    SELECT uniqueid, %(channel)s, 'engineer', incident_id, id, made_at, %(node)s FROM won ON CONFLICT (uniqueid) DO NOTHING
)
SELECT id FROM won
UNION ALL SELECT accepted_offer_id FROM incident WHERE accepted_offer_id = %(offer_id)s AND status = 'talking';

-- accepted_offer --
-- The offer whose engineer has the incident now.
SELECT {offer_columns} FROM offer o WHERE o.id = (SELECT accepted_offer_id FROM incident WHERE id = %(incident_id)s);
