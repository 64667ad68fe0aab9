-- Money: holds at Stripe, the cards tried, what was charged, owed and given back. Amounts are cents, tax included.
-- Of a card only the brand and the last four digits are ever written.

CREATE DOMAIN currency_code AS text CHECK (VALUE IN (
    'AED', 'AUD', 'BRL', 'CAD', 'CHF', 'CZK', 'DKK', 'EUR', 'GBP', 'HKD', 'HUF',
    'INR', 'MXN', 'MYR', 'NOK', 'NZD', 'PLN', 'RON', 'SEK', 'SGD', 'THB', 'USD'));

-- blocks: minutes that can be prepaid. tax_basis_points: 825 is 8.25 %.
ALTER TABLE rate
    DROP CONSTRAINT rate_currency_check,
    ALTER COLUMN currency TYPE currency_code,
    ADD COLUMN blocks integer[] NOT NULL DEFAULT '{15,30,60}'
        CHECK (0 < ALL (blocks) AND array_position(blocks, NULL) IS NULL),
    ADD COLUMN tax_basis_points integer NOT NULL DEFAULT 0 CHECK (tax_basis_points BETWEEN 0 AND 10000);

-- charged_minutes, charge_cents, charge_tax_cents: decided once, after the end; NULL until then.
ALTER TABLE incident
    DROP CONSTRAINT incident_reason_check,
    DROP CONSTRAINT incident_cover_check,
    ADD CONSTRAINT incident_reason_check CHECK (reason IN (
        'resolved', 'stabilised', 'time_expired', 'caller_stopped', 'no_engineer', 'refused', 'abandoned', 'engineer_lost',
        'payment_failed')),
    ADD CONSTRAINT incident_cover_check CHECK (cover IN ('agreement', 'prepaid', 'trunks', 'unpaid')),
    ADD COLUMN charged_seconds bigint CHECK (charged_seconds >= 0),
    ADD COLUMN charged_minutes bigint CHECK (charged_minutes >= 0),
    ADD COLUMN charge_cents bigint CHECK (charge_cents >= 0),
    ADD COLUMN charge_tax_cents bigint CHECK (charge_tax_cents BETWEEN 0 AND charge_cents),
    ADD CONSTRAINT incident_charge_whole CHECK (
        num_nulls(charged_seconds, charged_minutes, charge_cents, charge_tax_cents) IN (0, 4)),
    ADD CONSTRAINT incident_charge_after_end CHECK (charge_cents IS NULL OR status = 'ended');
CREATE INDEX incident_unpaid_undecided ON incident (id) WHERE status = 'ended' AND charge_cents IS NULL AND cover = 'unpaid';

-- id: chosen by the client, the idempotency key of everything that is done about the hold at Stripe.
-- number: the order in which an incident's holds were opened.
-- capture_cents: what to capture, decided when the incident is settled; 0 is a release.
CREATE TABLE hold (
    id uuid PRIMARY KEY,
    number bigint GENERATED ALWAYS AS IDENTITY,
    incident_id bigint NOT NULL REFERENCES incident,
    minutes integer NOT NULL CHECK (minutes > 0),
    amount_cents integer NOT NULL CHECK (amount_cents BETWEEN 1 AND 99999999),
    currency currency_code NOT NULL,
    status text NOT NULL DEFAULT 'new' CHECK (status IN (
        'new', 'created', 'confirming', 'held', 'settling', 'captured', 'released', 'expired')),
    intent_id text UNIQUE CHECK (intent_id <> ''),
    capture_cents integer CHECK (capture_cents BETWEEN 0 AND amount_cents),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CHECK (status NOT IN ('created', 'confirming', 'held', 'captured', 'expired') OR intent_id IS NOT NULL),
    CHECK (status IN ('new', 'created', 'confirming', 'held') = (capture_cents IS NULL) OR status = 'expired'),
    CHECK (status <> 'captured' OR capture_cents > 0),
    CHECK (status <> 'released' OR capture_cents = 0)
);
CREATE INDEX hold_incident ON hold (incident_id, number);
CREATE INDEX hold_unsettled ON hold (created_at) WHERE status NOT IN ('captured', 'released');

-- A row is written before the card goes out. outcome: NULL until the bank's answer is written.
CREATE TABLE card_try (
    hold_id uuid NOT NULL REFERENCES hold,
    number integer NOT NULL CHECK (number > 0),
    brand text NOT NULL CHECK (brand ~ '^[a-z]{1,20}$'),
    last4 text NOT NULL CHECK (last4 ~ '^[0-9]{4}$'),
    began_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    outcome text CHECK (outcome IN ('held', 'declined')),
    decline text CHECK (decline IN (
        'declined', 'insufficient_funds', 'expired_card', 'incorrect_code', 'incorrect_number', 'processing_error',
        'authentication_required')),
    PRIMARY KEY (hold_id, number),
    CHECK ((outcome IS NOT DISTINCT FROM 'declined') = (decline IS NOT NULL))
);
CREATE INDEX card_try_began ON card_try (began_at);

-- What an administrator should ask for: the incident's price that no hold paid.
CREATE TABLE debt (
    incident_id bigint PRIMARY KEY REFERENCES incident,
    cents bigint NOT NULL CHECK (cents > 0),
    currency currency_code NOT NULL,
    reason text NOT NULL CHECK (reason IN ('unpaid', 'hold_expired')),
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    settled_at timestamptz
);

-- id: the idempotency key at Stripe. stripe_id: NULL until Stripe has done it.
CREATE TABLE refund (
    id uuid PRIMARY KEY,
    hold_id uuid NOT NULL REFERENCES hold,
    cents integer NOT NULL CHECK (cents > 0),
    reason text NOT NULL CHECK (reason <> ''),
    stripe_id text UNIQUE CHECK (stripe_id <> ''),
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX refund_hold ON refund (hold_id);
CREATE INDEX refund_open ON refund (at) WHERE stripe_id IS NULL;

CREATE TABLE webhook_event (
    id text PRIMARY KEY CHECK (id <> ''),
    kind text NOT NULL,
    intent_id text,
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- A hold as the code sees it. "card" is the last one tried, as in "visa ****4242".
CREATE VIEW hold_now AS
SELECT h.id, h.incident_id, h.minutes, h.amount_cents, h.currency::text AS currency, h.status, h.intent_id, h.capture_cents,
    coalesce(last.number, 0) AS tries, last.brand || ' ****' || last.last4 AS card, h.created_at, h.number
FROM hold h LEFT JOIN LATERAL (
    SELECT number, brand, last4 FROM card_try WHERE hold_id = h.id ORDER BY number DESC LIMIT 1
) last ON true;
