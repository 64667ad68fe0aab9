-- From the first row of a hold until a card is held. Who changes both an incident and its hold locks the incident first.

-- hold --
SELECT * FROM hold_now WHERE id = %(hold_id)s;

-- hold_of_intent --
SELECT * FROM hold_now WHERE intent_id = %(intent_id)s;

-- holds --
-- The holds of one incident, or all; oldest first.
SELECT * FROM hold_now WHERE incident_id = %(incident_id)s ORDER BY number;

-- all_holds --
SELECT * FROM hold_now ORDER BY number;

-- open_hold --
-- Before anything is asked of Stripe. The same hold again for a known id.
WITH known AS (
    SELECT id FROM hold WHERE id = %(hold_id)s
), opened AS (
    INSERT INTO hold (id, incident_id, minutes, amount_cents, currency)
    SELECT %(hold_id)s, %(incident_id)s, %(minutes)s, %(amount_cents)s, %(currency)s WHERE NOT EXISTS (SELECT FROM known)
    ON CONFLICT (id) DO NOTHING RETURNING id
)
SELECT id FROM opened UNION ALL SELECT id FROM known;

-- hold_created --
-- Stripe's id of the hold, written once; also for a hold that is being settled by now.
UPDATE hold SET intent_id = %(intent_id)s, status = CASE status WHEN 'new' THEN 'created' ELSE status END
WHERE id = %(hold_id)s AND coalesce(intent_id = %(intent_id)s, true)
    AND NOT EXISTS (SELECT FROM hold other WHERE other.intent_id = %(intent_id)s AND other.id <> %(hold_id)s)
RETURNING id;

-- try_card --
-- A card is about to go out. Repeating it while its answer is awaited changes nothing.
-- No card goes out for a caller who is connected otherwise by now: its answer could not be written.
WITH known AS (
    SELECT h.id FROM hold h JOIN card_try t ON t.hold_id = h.id
    WHERE h.id = %(hold_id)s AND h.status = 'confirming' AND t.outcome IS NULL
        AND (t.number, t.brand, t.last4) = (%(number)s, %(brand)s, %(last4)s)
), ready AS MATERIALIZED (
    SELECT h.id FROM hold h JOIN incident i ON i.id = h.incident_id
    WHERE h.id = %(hold_id)s AND h.status = 'created' AND i.status <> 'ended' AND coalesce(i.cover = 'prepaid', true) FOR SHARE OF i
), sent AS (
    UPDATE hold SET status = 'confirming' FROM ready WHERE hold.id = ready.id AND hold.status = 'created' RETURNING hold.id
), tried AS (
    INSERT INTO card_try (hold_id, number, brand, last4) SELECT id, %(number)s, %(brand)s, %(last4)s FROM sent
)
SELECT id FROM sent UNION ALL SELECT id FROM known;

-- card_held --
-- The bank said yes: the hold, its last card and, unless it has ended meanwhile, what the incident may use.
-- Not for a caller who was already connected otherwise: what somebody was told to be unpaid is not paid behind their back.
WITH known AS (
    SELECT id FROM hold WHERE id = %(hold_id)s AND status = 'held'
), place AS MATERIALIZED (
    SELECT h.id FROM hold h JOIN incident i ON i.id = h.incident_id
    WHERE h.id = %(hold_id)s AND h.status = 'confirming' AND coalesce(i.cover = 'prepaid', true) FOR NO KEY UPDATE OF i
), held AS (
    UPDATE hold SET status = 'held' FROM place WHERE hold.id = place.id AND hold.status = 'confirming'
    RETURNING hold.id, hold.incident_id, hold.minutes
), answered AS (
    UPDATE card_try SET outcome = 'held' FROM held WHERE card_try.hold_id = held.id AND card_try.outcome IS NULL
), covered AS (
    UPDATE incident SET cover = 'prepaid', seconds_left = coalesce(incident.seconds_left, 0) + held.minutes * 60
    FROM held WHERE incident.id = held.incident_id AND incident.status <> 'ended'
)
SELECT id FROM held UNION ALL SELECT id FROM known;

-- card_declined --
-- The bank said no: another card may be tried.
WITH known AS (
    SELECT h.id FROM hold h JOIN card_try t ON t.hold_id = h.id
    WHERE h.id = %(hold_id)s AND h.status = 'created' AND t.decline = %(decline)s
        AND t.number = (SELECT max(number) FROM card_try WHERE hold_id = h.id)
), freed AS (
    UPDATE hold SET status = 'created' WHERE id = %(hold_id)s AND status = 'confirming' RETURNING id
), answered AS (
    UPDATE card_try SET outcome = 'declined', decline = %(decline)s
    FROM freed WHERE card_try.hold_id = freed.id AND card_try.outcome IS NULL
)
SELECT id FROM freed UNION ALL SELECT id FROM known;

-- connect_unpaid --
-- The caller is connected without payment, unless a hold stands by now.
UPDATE incident SET cover = 'unpaid' WHERE id = %(incident_id)s AND cover IS DISTINCT FROM 'prepaid' RETURNING id;

-- cards_tried --
SELECT count(*) AS cards FROM card_try t JOIN hold h ON h.id = t.hold_id WHERE h.incident_id = %(incident_id)s;

-- cards_today --
-- Cards of the last 24 hours that were not accepted: from the same caller ID, of the same customer, or a fifth of those from
-- callers who hide their number (few of them must not lock out all others); whichever is most.
-- A caller ID is the same one with +, 00, 1 or 0 before it: its last nine digits say whose it is. One without a digit is hidden.
WITH recent AS (
    SELECT h.incident_id, count(*) AS cards FROM card_try t JOIN hold h ON h.id = t.hold_id
    WHERE t.began_at > now() - interval '24 hours' AND t.outcome IS DISTINCT FROM 'held' GROUP BY h.incident_id
), caller AS (
    SELECT incident_id, nullif(right(regexp_replace(caller_id, '\D', '', 'g'), 9), '') AS number
    FROM call WHERE incident_id = %(incident_id)s OR incident_id IN (SELECT incident_id FROM recent)
), marked AS (
    SELECT recent.cards, i.customer_id = mine.customer_id AS same_customer,
        EXISTS (SELECT FROM caller c JOIN caller m ON m.number = c.number
            WHERE c.incident_id = recent.incident_id AND m.incident_id = mine.id) AS same_caller,
        EXISTS (SELECT FROM caller c JOIN caller m ON m.number IS NULL AND c.number IS NULL
            WHERE c.incident_id = recent.incident_id AND m.incident_id = mine.id) AS both_hidden
    FROM recent JOIN incident i ON i.id = recent.incident_id JOIN incident mine ON mine.id = %(incident_id)s
)
SELECT greatest(
    coalesce(sum(cards) FILTER (WHERE same_caller), 0), coalesce(sum(cards) FILTER (WHERE same_customer), 0),
    floor(coalesce(sum(cards) FILTER (WHERE both_hidden), 0) / 5)
)::bigint AS cards
FROM marked;
