-- is_blocked --
-- Whether this phone may not call.
SELECT EXISTS (SELECT FROM blocked_caller WHERE phone = %(phone)s AND since <= now() AND now() < coalesce(until, 'infinity')) AS blocked;

-- blocks --
-- Phones that may not call, the newest first; with "ended" also those that may again.
SELECT id, phone, reason, since, until, by FROM blocked_caller
WHERE (phone = %(phone)s::text OR %(phone)s::text IS NULL) AND (%(ended)s::boolean OR now() < coalesce(until, 'infinity'))
ORDER BY since DESC, id DESC;

-- add_block --
-- One block at a time for a phone: nothing is written, and no row returned, while one stands.
INSERT INTO blocked_caller (phone, reason, until, by)
SELECT %(phone)s, %(reason)s, %(until)s::timestamptz, coalesce(nullif(current_setting('ivr.actor', true), ''), session_user)
WHERE NOT EXISTS (SELECT FROM blocked_caller WHERE phone = %(phone)s AND now() < coalesce(until, 'infinity'))
RETURNING id, phone, reason, since, until, by;

-- change_block --
-- The block that stands, with another reason or end; what is null stays as it is.
UPDATE blocked_caller SET reason = coalesce(%(reason)s::text, reason), until = coalesce(%(until)s::timestamptz, until)
WHERE phone = %(phone)s AND now() < coalesce(until, 'infinity')
RETURNING id, phone, reason, since, until, by;

-- end_block --
-- The phone may call from now on.
UPDATE blocked_caller SET until = now() WHERE phone = %(phone)s AND now() < coalesce(until, 'infinity')
RETURNING id, phone, reason, since, until, by;

-- customer_records --
-- One customer, or those in whose account, name or phones "find" stands.
SELECT c.id, c.account, c.name, c.email, c.trunks, c.language, c.created_at, c.closed_at,
    ARRAY(SELECT phone FROM customer_phone p WHERE p.customer_id = c.id ORDER BY phone) AS phones,
    (SELECT count(*) FROM incident i WHERE i.customer_id = c.id) AS incidents
FROM customer c
WHERE (c.account = %(account)s::text OR %(account)s::text IS NULL)
    AND (c.closed_at IS NULL OR %(ended)s::boolean)
    AND (%(find)s::text IS NULL OR strpos(lower(c.name), lower(%(find)s::text)) > 0 OR strpos(c.account, %(find)s::text) > 0
        OR EXISTS (SELECT FROM customer_phone p WHERE p.customer_id = c.id AND strpos(p.phone, %(find)s::text) > 0))
ORDER BY length(c.account), c.account;

-- pin_hashes --
-- For the import: whether a PIN in the file is the one that stands.
SELECT account, pin_hash FROM customer WHERE account = ANY (%(accounts)s::text[]);

-- write_customers --
-- All rows or none. What is null in a row stays as it is; an e-mail "" is none. mode: add (only new accounts), change (only known ones)
-- or both. One row is returned for each that was added or known.
WITH given AS (
    SELECT * FROM jsonb_to_recordset(%(rows)s::jsonb -> 'rows') AS r (
        account text, name text, email text, trunks boolean, language text, pin_hash text, closed boolean, add_phones text[], drop_phones text[])
), known AS (
    UPDATE customer c SET
        name = coalesce(g.name, c.name),
        email = CASE WHEN g.email IS NULL THEN c.email ELSE nullif(g.email, '') END,
        trunks = coalesce(g.trunks, c.trunks),
        language = coalesce(g.language, c.language),
        pin_hash = coalesce(g.pin_hash, c.pin_hash),
        closed_at = CASE WHEN g.closed IS NULL THEN c.closed_at WHEN g.closed THEN coalesce(c.closed_at, now()) END
    FROM given g WHERE g.account = c.account AND %(mode)s::text <> 'add' RETURNING c.id, c.account
), fresh AS (
    INSERT INTO customer (account, name, email, trunks, language, pin_hash)
    SELECT account, name, nullif(email, ''), coalesce(trunks, false), coalesce(language, 'en'), pin_hash FROM given g
    WHERE %(mode)s::text <> 'change' AND NOT EXISTS (SELECT FROM customer c WHERE c.account = g.account)
    ON CONFLICT (account) DO NOTHING RETURNING id, account
), written AS (
    SELECT id, account, false AS added FROM known UNION ALL SELECT id, account, true FROM fresh
), dropped AS (
    DELETE FROM customer_phone p USING written w JOIN given g USING (account)
    WHERE p.customer_id = w.id AND p.phone = ANY (g.drop_phones) AND p.phone <> ALL (coalesce(g.add_phones, '{}'))
), phones AS (
    INSERT INTO customer_phone (customer_id, phone)
    SELECT w.id, unnest(g.add_phones) FROM written w JOIN given g USING (account)
    ON CONFLICT DO NOTHING
)
SELECT id, account, added FROM written ORDER BY id;

-- phone_sharers --
-- Who else has these phones: shared numbers recognise nobody.
SELECT p.phone, c.account FROM customer_phone p JOIN customer c ON c.id = p.customer_id
WHERE p.phone = ANY (%(phones)s::text[]) AND c.account <> %(account)s AND c.closed_at IS NULL ORDER BY p.phone, c.account;

-- agreement_records --
-- One agreement, one customer's, or all; without "ended" only those that are in force or to come.
SELECT a.id, c.account, c.name AS customer, a.starts_at, a.ends_at, a.covers_emergencies, a.minutes, a.period, a.anchor, a.zone,
    a.carry_over, a.increment_minutes, (SELECT count(*) FROM incident i WHERE i.agreement_id = a.id) AS incidents
FROM agreement a JOIN customer c ON c.id = a.customer_id
WHERE (a.id = %(agreement_id)s::bigint OR %(agreement_id)s::bigint IS NULL)
    AND (c.account = ANY (%(accounts)s::text[]) OR %(accounts)s::text[] IS NULL)
    AND (now() < a.ends_at OR %(ended)s::boolean)
ORDER BY length(c.account), c.account, a.starts_at, a.id;

-- write_agreements --
-- All rows or none: one with an id is changed in what it names, one without is added to the customer with its account, unless there is
-- the very same already. One row is returned for each that was written.
WITH given AS (
    SELECT fields, place FROM jsonb_array_elements(%(rows)s::jsonb -> 'rows') WITH ORDINALITY AS r (fields, place)
), known AS (
    UPDATE agreement a SET (ends_at, covers_emergencies, minutes, period, anchor, zone, carry_over, increment_minutes) = (
        SELECT r.ends_at, r.covers_emergencies, r.minutes, r.period, r.anchor, r.zone, r.carry_over, r.increment_minutes
        FROM jsonb_populate_record(a, g.fields) r)
    FROM given g WHERE a.id = (g.fields ->> 'id')::bigint RETURNING a.id, a.customer_id
), fresh AS (
    INSERT INTO agreement (customer_id, starts_at, ends_at, covers_emergencies, minutes, period, anchor, zone, carry_over, increment_minutes)
    SELECT c.id, r.starts_at, r.ends_at, r.covers_emergencies, r.minutes, r.period, r.anchor, r.zone, r.carry_over, r.increment_minutes
    FROM given g JOIN customer c ON c.account = g.fields ->> 'account' CROSS JOIN LATERAL jsonb_populate_record(NULL::agreement, g.fields) r
    WHERE NOT g.fields ? 'id' AND NOT EXISTS (
        SELECT FROM agreement a WHERE a.customer_id = c.id AND a.starts_at = r.starts_at AND a.ends_at = r.ends_at
            AND (a.minutes, a.covers_emergencies, a.period, a.anchor, a.zone, a.carry_over, a.increment_minutes) IS NOT DISTINCT FROM
                (r.minutes, r.covers_emergencies, r.period, r.anchor, r.zone, r.carry_over, r.increment_minutes))
    ORDER BY g.place
    RETURNING id, customer_id
)
SELECT w.id, c.account FROM (SELECT * FROM known UNION ALL SELECT * FROM fresh) w JOIN customer c ON c.id = w.customer_id ORDER BY w.id;

-- withdraw_agreement --
-- Only one that never covered anything: it has not begun.
DELETE FROM agreement a WHERE a.id = %(agreement_id)s AND a.starts_at > now()
    AND NOT EXISTS (SELECT FROM incident i WHERE i.agreement_id = a.id)
    AND NOT EXISTS (SELECT FROM minute_reservation m WHERE m.agreement_id = a.id)
RETURNING a.id;

-- rate_records --
-- Every rate with the time in which it is said, oldest first.
SELECT r.id, r.price_cents, r.minimum_minutes, r.increment_minutes, r.currency::text, r.blocks, r.tax_basis_points, r.valid_from,
    lead(r.valid_from) OVER (ORDER BY r.valid_from) AS until,
    (SELECT count(*) FROM incident i WHERE i.rate_id = r.id) AS incidents
FROM rate r ORDER BY r.valid_from;

-- add_rate --
-- No row when another rate begins at that very moment.
INSERT INTO rate (valid_from, price_cents, minimum_minutes, increment_minutes, currency, blocks, tax_basis_points)
VALUES (coalesce(%(valid_from)s::timestamptz, now()), %(price_cents)s, %(minimum_minutes)s, %(increment_minutes)s, %(currency)s,
    %(blocks)s::integer[], %(tax_basis_points)s)
ON CONFLICT (valid_from) DO NOTHING RETURNING id;

-- withdraw_rate --
-- Only one that was never said: it is not valid yet.
DELETE FROM rate r WHERE r.id = %(rate_id)s AND r.valid_from > now() AND NOT EXISTS (SELECT FROM incident i WHERE i.rate_id = r.id)
RETURNING r.id;

-- changes --
-- The audit, newest first. A key finds everything of a customer by the account, too.
SELECT id, at, who, action, entity, key, before, after FROM audit
WHERE (entity = %(entity)s::text OR %(entity)s::text IS NULL)
    AND (%(key)s::text IS NULL OR key = %(key)s::text OR coalesce(after, before) ->> 'account' = %(key)s::text)
ORDER BY id DESC LIMIT %(limit)s;

-- audited --
-- The tables whose changes are written down.
SELECT tgrelid::regclass::text AS entity FROM pg_trigger WHERE tgname = 'audit_row' ORDER BY 1;
