-- Who is on call: levels that are rung one after another, layers of engineers who take turns on a level, overrides.

-- together: everybody on the level at once. ring_seconds: NULL is what the settings say.
-- ended: no longer wanted, so nobody on it is no gap. Never deleted, because the layers that it had stay for the past.
CREATE TABLE rota_level (
    number integer PRIMARY KEY CHECK (number BETWEEN 1 AND 99),
    together boolean NOT NULL DEFAULT false,
    ring_seconds integer CHECK (ring_seconds BETWEEN 5 AND 120),
    ended boolean NOT NULL DEFAULT false
);

-- In force from 00:00 of valid_from to 00:00 of valid_until, both in the layer's zone. weekday: 1 Monday … 7 Sunday.
CREATE TABLE rota_layer (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    level integer NOT NULL REFERENCES rota_level,
    name text NOT NULL UNIQUE CHECK (name <> ''),
    time_zone text NOT NULL,
    hand_over text NOT NULL CHECK (hand_over IN ('daily', 'weekly')),
    weekday integer CHECK (weekday BETWEEN 1 AND 7),
    hand_over_at time NOT NULL CHECK (hand_over_at < '24:00'),
    valid_from date NOT NULL CHECK (valid_from BETWEEN '1970-01-01' AND '2199-12-31'),
    valid_until date CHECK (valid_until BETWEEN '1970-01-01' AND '2199-12-31'),
    CHECK ((hand_over = 'weekly') = (weekday IS NOT NULL)),
    CHECK (valid_from <= valid_until)
);

-- One engineer may have several turns.
CREATE TABLE rota_layer_member (
    layer_id bigint NOT NULL REFERENCES rota_layer ON DELETE CASCADE,
    position integer NOT NULL,
    engineer_id bigint NOT NULL REFERENCES engineer,
    PRIMARY KEY (layer_id, position)
);

-- ended_at: ended early, or before it began. request: the client's key, so that a repeated insert finds the first.
CREATE TABLE rota_override (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    level integer NOT NULL REFERENCES rota_level,
    engineer_id bigint NOT NULL REFERENCES engineer,
    from_at timestamptz NOT NULL CHECK (from_at BETWEEN '1970-01-01 00:00:00+00' AND '2199-12-31 00:00:00+00'),
    until_at timestamptz NOT NULL CHECK (until_at BETWEEN '1970-01-01 00:00:00+00' AND '2199-12-31 00:00:00+00'),
    reason text NOT NULL CHECK (reason <> ''),
    ended_at timestamptz,
    request uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    CHECK (from_at < until_at)
);
CREATE INDEX rota_override_until ON rota_override (until_at);

ALTER TABLE engineer
    ADD CONSTRAINT engineer_position_check CHECK (position BETWEEN 0 AND 100000) NOT VALID,
    ADD COLUMN request uuid UNIQUE;

-- Python checks it too, with the nearest names; this is for whoever writes SQL.
CREATE FUNCTION rota_layer_zone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_timezone_names WHERE name = NEW.time_zone) THEN
        RAISE EXCEPTION 'there is no time zone %', NEW.time_zone USING ERRCODE = 'IV001';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER rota_layer_zone BEFORE INSERT OR UPDATE OF time_zone ON rota_layer
    FOR EACH ROW EXECUTE FUNCTION rota_layer_zone();

-- The members of a layer, in this order, in the place of those before.
CREATE FUNCTION set_layer_members(layer bigint, engineers bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF engineers = array(SELECT m.engineer_id FROM rota_layer_member m WHERE m.layer_id = layer ORDER BY m.position) THEN
        RETURN; -- nothing for the audit
    END IF;
    DELETE FROM rota_layer_member WHERE layer_id = layer;
    INSERT INTO rota_layer_member (layer_id, position, engineer_id)
    SELECT layer, place, engineer FROM unnest(engineers) WITH ORDINALITY AS given (engineer, place);
END
$$;

-- An engineer's phones, in this order, in the place of those before.
CREATE FUNCTION set_engineer_phones(engineer bigint, phones text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF phones = array(SELECT p.phone FROM engineer_phone p WHERE p.engineer_id = engineer ORDER BY p.position) THEN
        RETURN; -- nothing for the audit
    END IF;
    DELETE FROM engineer_phone WHERE engineer_id = engineer;
    INSERT INTO engineer_phone (engineer_id, position, phone)
    SELECT engineer, place, phone FROM unnest(phones) WITH ORDINALITY AS given (phone, place);
END
$$;
