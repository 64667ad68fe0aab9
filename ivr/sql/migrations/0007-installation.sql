-- Whose holds these are: several installations may share one account at Stripe, and must leave each other's payments alone.
CREATE TABLE installation (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    single boolean PRIMARY KEY DEFAULT true CHECK (single)
);
INSERT INTO installation DEFAULT VALUES;

CREATE OR REPLACE VIEW hold_now AS
SELECT h.id, h.incident_id, h.minutes, h.amount_cents, h.currency::text AS currency, h.status, h.intent_id, h.capture_cents,
    coalesce(last.number, 0) AS tries, last.brand || ' ****' || last.last4 AS card, h.created_at, h.number,
    (SELECT id FROM installation) AS installation
FROM hold h LEFT JOIN LATERAL (
    SELECT number, brand, last4 FROM card_try WHERE hold_id = h.id ORDER BY number DESC LIMIT 1
) last ON true;
