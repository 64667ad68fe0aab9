-- current_rate --
-- What an emergency costs now.
SELECT id, price_cents, minimum_minutes, increment_minutes, currency::text, blocks, tax_basis_points
FROM rate WHERE valid_from <= now() ORDER BY valid_from DESC LIMIT 1;

-- rate_of --
-- What the caller agreed to.
SELECT r.id, r.price_cents, r.minimum_minutes, r.increment_minutes, r.currency::text, r.blocks, r.tax_basis_points
FROM incident i JOIN rate r ON r.id = i.rate_id WHERE i.id = %(incident_id)s;

-- customer --
SELECT id, account, name, pin_hash, trunks, language FROM customer WHERE id = %(customer_id)s;

-- customer_by_account --
SELECT id, account, name, pin_hash, trunks, language FROM customer WHERE account = %(account)s AND closed_at IS NULL;

-- customer_by_phone --
-- All who have this number: more than one recognises nobody.
SELECT c.id, c.account, c.name, c.pin_hash, c.trunks, c.language
FROM customer c JOIN customer_phone p ON p.customer_id = c.id WHERE p.phone = %(phone)s AND c.closed_at IS NULL LIMIT 2;
