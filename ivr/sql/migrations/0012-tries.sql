-- Guesses at accounts and PINs, counted before they are believed; questions that were asked; who is identified, and what that pays, stays so.

-- category_at, trunks_at: when "what is wrong" and "is it our trunks" were asked, also when nothing was answered: they are not asked again.
ALTER TABLE incident
    ADD COLUMN category_at timestamptz,
    ADD COLUMN trunks_at timestamptz;

-- caller: E.164; '' is every caller without a number. customer_id: whose PIN was tried; NULL: an account number or a code of nobody known.
-- fits: NULL until it was compared, which counts as wrong. What was typed is never written.
CREATE TABLE pin_try (
    id uuid PRIMARY KEY,
    incident_id bigint NOT NULL REFERENCES incident,
    caller text NOT NULL CHECK (caller ~ '^(\+[1-9][0-9]{6,14})?$'),
    customer_id bigint REFERENCES customer,
    fits boolean,
    at timestamptz NOT NULL
);
CREATE INDEX pin_try_caller ON pin_try (caller, at);
CREATE INDEX pin_try_customer ON pin_try (customer_id, at);

CREATE FUNCTION pin_try_rule() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.fits IS NULL AND to_jsonb(NEW) - 'fits' = to_jsonb(OLD) - 'fits' THEN
        RETURN NEW;
    END IF;
    PERFORM forbid(format('a try of a PIN stays as it was: %s refused', TG_OP));
    RETURN NULL;
END
$$;
CREATE TRIGGER pin_try_rule BEFORE UPDATE OR DELETE ON pin_try FOR EACH ROW EXECUTE FUNCTION pin_try_rule();

-- The end of a lock, -infinity without one: so many wrong tries within "period" lock for a period from the last of them on.
-- What was wrong before "since" does not count.
CREATE FUNCTION lock_end(moments timestamptz[], most integer, period interval, since timestamptz) RETURNS timestamptz
LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(max(at) FILTER (WHERE number >= most AND at - earlier < period) + period, '-infinity')
    FROM (
        SELECT at, row_number() OVER (ORDER BY at) AS number, lag(at, most - 1) OVER (ORDER BY at) AS earlier
        FROM unnest(moments) AS tries (at) WHERE at > since
    ) AS counted
$$;

-- Until when neither this caller nor anybody for this customer may try a PIN. A right PIN frees the customer's count, not the caller's:
-- who has an account of his own could else guess for ever.
CREATE FUNCTION guesses_locked_until(its_caller text, its_customer bigint, most_caller integer, most_account integer, period interval,
    moment timestamptz) RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT greatest(
        lock_end((SELECT array_agg(at) FROM pin_try WHERE caller = its_caller AND at > moment - 2 * period AND fits IS NOT TRUE),
            most_caller, period, '-infinity'),
        lock_end((SELECT array_agg(at) FROM pin_try WHERE customer_id = its_customer AND at > moment - 2 * period AND fits IS NOT TRUE),
            most_account, period, coalesce((SELECT max(at) FROM pin_try WHERE customer_id = its_customer AND fits), '-infinity')))
$$;

-- Whether this guess may be compared: counted now, as wrong until guessed() says otherwise. The locks make those who guess at once wait
-- for each other, callers first, so that nobody waits in a circle. Repeating a guess changes nothing.
CREATE FUNCTION take_guess(guess uuid, its_incident bigint, its_caller text, its_customer bigint, most_caller integer, most_account integer,
    period interval, moment timestamptz DEFAULT NULL) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    taken timestamptz;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('caller ' || its_caller, 12));
    IF its_customer IS NOT NULL THEN
        PERFORM pg_advisory_xact_lock(hashtextextended('customer ' || its_customer, 12));
    END IF;
    taken := coalesce(moment, clock_timestamp());
    IF EXISTS (SELECT FROM pin_try WHERE id = guess) THEN
        RETURN true;
    END IF;
    IF guesses_locked_until(its_caller, its_customer, most_caller, most_account, period, taken) > taken THEN
        RETURN false;
    END IF;
    INSERT INTO pin_try (id, incident_id, caller, customer_id, at) VALUES (guess, its_incident, its_caller, its_customer, taken);
    RETURN true;
END
$$;

-- A customer once known stays; an engineer confirms only the customer who was named, and only in a talk; what is decided pays as it did.
CREATE FUNCTION incident_identity_rule() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.customer_id IS NOT NULL AND NEW.customer_id IS DISTINCT FROM OLD.customer_id THEN
        PERFORM forbid(format('the customer of incident %s stays so', OLD.id));
    END IF;
    IF NEW.identified_how = 'engineer' AND OLD.identified_how IS DISTINCT FROM 'engineer' AND NOT (
        OLD.status = 'talking' AND NEW.customer_id IS NOT NULL AND NEW.customer_id IS NOT DISTINCT FROM OLD.claimed_id) THEN
        PERFORM forbid(format('nobody was named in incident %s whom an engineer could confirm, or nobody talks', OLD.id));
    END IF;
    IF OLD.charge_cents IS NOT NULL AND NEW.cover IS DISTINCT FROM OLD.cover THEN
        PERFORM forbid(format('the charge of incident %s is decided: its cover stays %s', OLD.id, OLD.cover));
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER incident_identity_rule BEFORE UPDATE ON incident FOR EACH ROW EXECUTE FUNCTION incident_identity_rule();
