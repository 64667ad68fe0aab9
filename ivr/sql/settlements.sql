-- account --
-- Everything that the money of an incident depends on.
SELECT i.id AS incident_id, i.status, i.reason, i.consent, i.cover,
    EXISTS (SELECT FROM offer WHERE incident_id = i.id AND result = 'accepted') AS accepted,
    CASE WHEN i.accepted_offer_id IS NULL THEN i.engineer_dropped ELSE coalesce(i.reason = 'engineer_lost', false) END AS lost,
    EXISTS (SELECT FROM talk WHERE incident_id = i.id AND ended_at IS NULL) AS counting,
    (SELECT coalesce(sum(seconds), 0)::float8 FROM talk WHERE incident_id = i.id) AS seconds,
    (SELECT to_jsonb(r) - 'valid_from' FROM rate r WHERE r.id = i.rate_id) AS rate,
    (SELECT coalesce(jsonb_agg(to_jsonb(h) ORDER BY h.number), '[]') FROM hold_now h WHERE h.incident_id = i.id) AS holds,
    i.charged_seconds, i.charged_minutes, i.charge_cents, i.charge_tax_cents, i.no_charge, i.seconds_left AS allotted,
    (SELECT coalesce(sum(spent), 0)::bigint FROM reservation_now WHERE incident_id = i.id) AS agreement_seconds
FROM incident i WHERE i.id = %(incident_id)s;

-- decide --
SELECT decide_charge(%(incident_id)s, %(seconds)s, %(minutes)s, %(cents)s, %(tax_cents)s, %(captures)s, %(debt_cents)s) AS decided;

-- settling --
-- What is decided and not yet done at Stripe.
SELECT * FROM hold_now WHERE incident_id = %(incident_id)s AND status = 'settling' ORDER BY number;

-- finish_hold --
-- The last change of a hold; which are legal is a rule of the table.
UPDATE hold SET status = %(status)s WHERE id = %(hold_id)s RETURNING id;

-- release_late --
-- A hold that the decision about its incident has missed.
UPDATE hold SET status = 'settling', capture_cents = 0
WHERE id = %(hold_id)s AND status IN ('new', 'created', 'confirming', 'held');

-- to_settle --
-- Ended incidents whose money is not decided, not moved, or not written down as owed after a hold expired.
SELECT i.id FROM incident i
WHERE i.status = 'ended' AND i.charge_cents IS NULL AND i.cover = 'unpaid' AND i.ended_at < now() - %(grace)s * interval '1 second'
UNION
SELECT i.id FROM hold h JOIN incident i ON i.id = h.incident_id
WHERE h.status NOT IN ('captured', 'released') AND i.status = 'ended' AND i.ended_at < now() - %(grace)s * interval '1 second'
    AND (h.status <> 'expired' OR i.charge_cents IS NULL OR (
        i.cover = 'prepaid' AND NOT EXISTS (SELECT FROM debt d WHERE d.incident_id = i.id) AND i.charge_cents > (
            SELECT coalesce(sum(p.capture_cents), 0) FROM hold p WHERE p.incident_id = i.id AND p.status IN ('settling', 'captured'))))
ORDER BY id;

-- held_since --
-- Money of callers that has been held for long.
SELECT * FROM hold_now
WHERE status NOT IN ('captured', 'released') AND status IN ('held', 'settling')
    AND created_at < now() - %(seconds)s * interval '1 second'
ORDER BY number;

-- debts --
SELECT incident_id, cents, currency::text, reason, at, settled_at FROM debt ORDER BY at, incident_id;

-- add_debt --
INSERT INTO debt (incident_id, cents, currency, reason)
SELECT %(incident_id)s, %(cents)s, %(currency)s, %(reason)s
WHERE NOT EXISTS (SELECT FROM debt WHERE incident_id = %(incident_id)s)
ON CONFLICT (incident_id) DO NOTHING;

-- installation --
SELECT id FROM installation;

-- hear_webhook --
-- Returns a row the first time.
INSERT INTO webhook_event (id, kind, intent_id) VALUES (%(event_id)s, %(kind)s, %(intent_id)s)
ON CONFLICT (id) DO NOTHING RETURNING id;

-- open_refund --
-- Before Stripe is asked. Repeating it changes nothing.
INSERT INTO refund (id, hold_id, cents, reason)
SELECT %(refund_id)s, %(hold_id)s, %(cents)s, %(reason)s WHERE NOT EXISTS (SELECT FROM refund WHERE id = %(refund_id)s)
ON CONFLICT (id) DO NOTHING;

-- refund_done --
UPDATE refund SET stripe_id = %(stripe_id)s WHERE id = %(refund_id)s RETURNING id;

-- refunds_open --
-- Oldest first.
SELECT id, hold_id, cents, reason, stripe_id, at FROM refund WHERE stripe_id IS NULL ORDER BY at;

-- refunds --
-- Of one hold, oldest first.
SELECT id, hold_id, cents, reason, stripe_id, at FROM refund WHERE hold_id = %(hold_id)s ORDER BY at;
