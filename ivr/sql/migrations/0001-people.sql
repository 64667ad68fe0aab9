-- Customers, their agreements, rates and engineers: what an administrator enters.

CREATE TABLE customer (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account text NOT NULL UNIQUE CHECK (account ~ '^[0-9]{1,20}$'),
    name text NOT NULL CHECK (name <> ''),
    pin_hash text NOT NULL,
    email text,
    trunks boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- One number may belong to several customers (a shared switchboard): then it recognises nobody.
CREATE TABLE customer_phone (
    customer_id bigint NOT NULL REFERENCES customer ON DELETE CASCADE,
    phone text NOT NULL CHECK (phone ~ '^\+[1-9][0-9]{6,14}$'),
    PRIMARY KEY (customer_id, phone)
);
CREATE INDEX customer_phone_phone ON customer_phone (phone);

-- minutes: for the whole term; NULL is unlimited.
CREATE TABLE agreement (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id bigint NOT NULL REFERENCES customer,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    covers_emergencies boolean NOT NULL DEFAULT true,
    minutes integer CHECK (minutes BETWEEN 0 AND 10000000),
    CHECK (starts_at < ends_at)
);
CREATE INDEX agreement_customer ON agreement (customer_id);

-- price_cents: minor units of the currency, for a minute.
CREATE TABLE rate (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    valid_from timestamptz NOT NULL UNIQUE,
    price_cents integer NOT NULL CHECK (price_cents > 0),
    minimum_minutes integer NOT NULL CHECK (minimum_minutes >= 0),
    increment_minutes integer NOT NULL CHECK (increment_minutes > 0),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$')
);

CREATE TABLE engineer (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL CHECK (name <> ''),
    position integer NOT NULL,
    active boolean NOT NULL DEFAULT true
);

-- No check of the number here: what is malformed is skipped and reported when the ladder is read,
-- so that one bad row of an import never empties the ladder.
CREATE TABLE engineer_phone (
    engineer_id bigint NOT NULL REFERENCES engineer ON DELETE CASCADE,
    position integer NOT NULL,
    phone text NOT NULL,
    PRIMARY KEY (engineer_id, position)
);
