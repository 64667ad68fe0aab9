-- Functions that load the cast; cast.py calls them. What is there already is left alone (but the PIN: its pepper may be new).

INSERT INTO rate (valid_from, price_cents, minimum_minutes, increment_minutes, currency, blocks, tax_basis_points)
VALUES ('2025-01-01 00:00:00+00', 250, 15, 1, 'USD', '{15,30,60}', 825)
ON CONFLICT (valid_from) DO NOTHING;

CREATE FUNCTION pg_temp.cast_customer(
    account text, name text, pin_hash text, phone text, trunks boolean, valid boolean, minutes integer, monthly boolean,
    emergencies boolean
) RETURNS void LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
    owner bigint;
BEGIN
    INSERT INTO customer (account, name, pin_hash, trunks) VALUES (account, name, pin_hash, trunks)
    ON CONFLICT ON CONSTRAINT customer_account_key DO UPDATE SET pin_hash = EXCLUDED.pin_hash
    RETURNING id INTO owner;
    INSERT INTO customer_phone (customer_id, phone) VALUES (owner, phone)
    ON CONFLICT ON CONSTRAINT customer_phone_pkey DO NOTHING;
    IF NOT EXISTS (SELECT FROM agreement a WHERE a.customer_id = owner) THEN
        INSERT INTO agreement (customer_id, starts_at, ends_at, minutes, covers_emergencies, period, zone)
        VALUES (owner, '2025-01-01', CASE WHEN valid THEN timestamptz '2100-01-01' ELSE '2025-07-01' END, minutes, emergencies,
            CASE WHEN monthly THEN 'month' ELSE 'term' END, 'America/New_York');
    END IF;
END
$$;

CREATE FUNCTION pg_temp.cast_engineer(place integer, name text, phone text) RETURNS void LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
    added bigint;
BEGIN
    IF EXISTS (SELECT FROM engineer e WHERE e.name = cast_engineer.name) THEN
        RETURN;
    END IF;
    INSERT INTO engineer (name, position) VALUES (name, place) RETURNING id INTO added;
    INSERT INTO engineer_phone (engineer_id, position, phone) VALUES (added, 1, phone);
END
$$;

-- Each on a level of their own, always. An engineer whose level has a layer already is left alone: somebody has made another rota.
CREATE FUNCTION pg_temp.cast_layer(place integer, name text) RETURNS void LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
    member bigint := (SELECT e.id FROM engineer e WHERE e.name = cast_layer.name ORDER BY e.id LIMIT 1);
    added bigint;
BEGIN
    INSERT INTO rota_level (number) VALUES (place) ON CONFLICT ON CONSTRAINT rota_level_pkey DO NOTHING;
    IF EXISTS (SELECT FROM rota_layer l WHERE l.level = place OR l.name = cast_layer.name) THEN
        RETURN;
    END IF;
    INSERT INTO rota_layer (level, name, time_zone, hand_over, hand_over_at, valid_from)
    VALUES (place, name, 'America/New_York', 'daily', '09:00', '2025-01-01') RETURNING id INTO added;
    PERFORM set_layer_members(added, ARRAY[member]);
END
$$;
