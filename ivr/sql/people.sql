-- current_rate --
-- What an emergency costs now.
SELECT id, price_cents, minimum_minutes, increment_minutes, currency::text, blocks, tax_basis_points
FROM rate WHERE valid_from <= now() ORDER BY valid_from DESC LIMIT 1;

-- rate_of --
-- What the caller agreed to.
SELECT r.id, r.price_cents, r.minimum_minutes, r.increment_minutes, r.currency::text, r.blocks, r.tax_basis_points
FROM incident i JOIN rate r ON r.id = i.rate_id WHERE i.id = %(incident_id)s;

-- customer --
SELECT id, account, name, pin_hash, trunks FROM customer WHERE id = %(customer_id)s;

-- customer_by_account --
SELECT id, account, name, pin_hash, trunks FROM customer WHERE account = %(account)s;

-- customer_by_phone --
-- All who have this number: more than one recognises nobody.
SELECT c.id, c.account, c.name, c.pin_hash, c.trunks
FROM customer c JOIN customer_phone p ON p.customer_id = c.id WHERE p.phone = %(phone)s LIMIT 2;

-- coverage --
-- The best agreement that is valid now and covers emergencies: unlimited first, then the one with most left.
-- What is left is what was agreed less every second talked under it, rounded down.
SELECT a.id AS agreement_id,
    CASE WHEN a.minutes IS NOT NULL THEN greatest(0, a.minutes * 60::bigint - ceil(coalesce(used.seconds, 0)))::bigint END AS seconds_left
FROM agreement a LEFT JOIN LATERAL (
    SELECT sum(t.seconds) AS seconds FROM talk t JOIN incident i ON i.id = t.incident_id WHERE i.agreement_id = a.id
) used ON true
WHERE a.customer_id = %(customer_id)s AND a.covers_emergencies AND a.starts_at <= now() AND now() < a.ends_at
ORDER BY a.minutes IS NULL DESC, seconds_left DESC, a.ends_at LIMIT 1;

-- ladder --
-- Whom to ring, in this order.
SELECT e.id AS engineer_id, e.name, p.phone
FROM engineer e JOIN engineer_phone p ON p.engineer_id = e.id
WHERE e.active ORDER BY e.position, e.id, p.position;
