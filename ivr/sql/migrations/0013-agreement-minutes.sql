-- The minutes of an agreement: for which period, and who has reserved them (docs/agreements.md).

-- minutes: of one period; NULL is unlimited. anchor: the first day of some period; NULL is the day of the start.
-- carry_over: what a period leaves is added to the next, at most one period's worth.
-- increment_minutes: an incident's use is rounded up to it; NULL is one second.
UPDATE agreement SET starts_at = greatest(starts_at, '1990-01-01 00:00+00'), ends_at = least(ends_at, '2199-12-31 00:00+00')
WHERE starts_at < '1990-01-01 00:00+00' OR ends_at > '2200-01-01 00:00+00';
ALTER TABLE agreement
    ADD COLUMN period text NOT NULL DEFAULT 'term' CHECK (period IN ('month', 'quarter', 'term')),
    ADD COLUMN anchor date CHECK (anchor BETWEEN '1990-01-01' AND '2200-01-01'),
    ADD COLUMN zone text NOT NULL DEFAULT 'UTC' CHECK (zone ~ '^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$'),
    ADD COLUMN carry_over boolean NOT NULL DEFAULT false,
    ADD COLUMN increment_minutes integer CHECK (increment_minutes BETWEEN 1 AND 1440),
    ADD CONSTRAINT agreement_term_is_finite CHECK (starts_at >= '1990-01-01 00:00+00' AND ends_at <= '2200-01-01 00:00+00');

-- Seconds set aside for one incident. An incident that is given more has another row; each counts in the period of its "at".
-- seconds: NULL is unlimited. What was used of them is never written: reservation_now works it out from the talks.
CREATE TABLE minute_reservation (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    incident_id bigint NOT NULL REFERENCES incident,
    agreement_id bigint NOT NULL REFERENCES agreement,
    seconds integer CHECK (seconds > 0),
    at timestamptz NOT NULL,
    request uuid NOT NULL UNIQUE DEFAULT gen_random_uuid()
);
CREATE INDEX minute_reservation_agreement ON minute_reservation (agreement_id, at);
CREATE INDEX minute_reservation_incident ON minute_reservation (incident_id);

-- Calls from before there were reservations.
INSERT INTO minute_reservation (incident_id, agreement_id, seconds, at)
SELECT i.id, i.agreement_id, CASE WHEN a.minutes IS NOT NULL THEN i.seconds_left END, i.began_at
FROM incident i JOIN agreement a ON a.id = i.agreement_id
WHERE i.cover = 'agreement' AND (a.minutes IS NULL OR i.seconds_left > 0);

CREATE FUNCTION minute_reservation_rule() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM forbid(format('reservations of minutes stay as they are: %s refused', TG_OP));
    RETURN NULL;
END
$$;
CREATE TRIGGER minute_reservation_rule BEFORE UPDATE OR DELETE OR TRUNCATE ON minute_reservation
    FOR EACH STATEMENT EXECUTE FUNCTION minute_reservation_rule();

CREATE FUNCTION agreement_cover_rule() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM minute_reservation WHERE incident_id = NEW.id AND agreement_id = NEW.agreement_id) THEN
        PERFORM forbid(format('incident %s has reserved no minutes, so no agreement covers it', NEW.id));
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER agreement_cover_rule BEFORE UPDATE ON incident FOR EACH ROW
    WHEN (NEW.cover = 'agreement' AND (OLD.cover, OLD.agreement_id) IS DISTINCT FROM (NEW.cover, NEW.agreement_id))
    EXECUTE FUNCTION agreement_cover_rule();

-- What each reservation takes from its agreement (spent, seconds). While its incident may still be talked about, all that was
-- reserved; after its end and its last talk's, what was used: seconds that the meter writes late count too.
-- Used is as "Money rules", rule 2: nothing under 30 s, nothing when we lost the engineer before the minimum was served,
-- nothing for what is free (our trunks, an engineer's goodwill); else the seconds, rounded up once to the increment, oldest reservation first.
CREATE VIEW reservation_now AS
SELECT r.id, r.incident_id, r.agreement_id, r.at, r.seconds, closed.yes AS closed,
    CASE WHEN i.no_charge OR i.cover = 'trunks' THEN 0
        WHEN r.seconds IS NULL THEN used.seconds
        WHEN NOT closed.yes THEN r.seconds
        ELSE least(r.seconds, greatest(0, used.seconds - before.seconds)) END AS spent
FROM minute_reservation r
JOIN incident i ON i.id = r.incident_id
JOIN agreement a ON a.id = r.agreement_id
CROSS JOIN LATERAL (
    SELECT i.status = 'ended' AND NOT EXISTS (SELECT FROM talk t WHERE t.incident_id = i.id AND t.ended_at IS NULL) AS yes
) closed
CROSS JOIN LATERAL (
    SELECT round(coalesce(sum(t.seconds), 0)::numeric, 6) AS seconds FROM talk t WHERE t.incident_id = i.id
) talked
CROSS JOIN LATERAL (
    SELECT CASE WHEN talked.seconds < 30 OR (i.status = 'ended'
            AND CASE WHEN i.accepted_offer_id IS NULL THEN i.engineer_dropped ELSE i.reason = 'engineer_lost' END
            AND talked.seconds < (SELECT minimum_minutes * 60 FROM rate WHERE rate.id = i.rate_id)) THEN 0
        ELSE ceil(talked.seconds / step.seconds) * step.seconds END::bigint AS seconds
    FROM (SELECT coalesce(a.increment_minutes * 60, 1) AS seconds) step
) used
CROSS JOIN LATERAL (
    SELECT coalesce(sum(b.seconds), 0) AS seconds FROM minute_reservation b
    WHERE b.incident_id = r.incident_id AND b.agreement_id = r.agreement_id AND b.id < r.id
) before;

-- Seconds spent of an agreement in each period between these bounds, oldest first.
CREATE FUNCTION spent_in_periods(agreement bigint, bounds timestamptz[]) RETURNS bigint[] LANGUAGE sql STABLE AS $$
    SELECT array_agg(coalesce(found.spent, 0)::bigint ORDER BY period.number)
    FROM generate_series(1, cardinality(spent_in_periods.bounds) - 1) period (number)
    LEFT JOIN (
        SELECT width_bucket(r.at, spent_in_periods.bounds) AS number, sum(r.spent) AS spent
        FROM reservation_now r
        WHERE r.agreement_id = spent_in_periods.agreement
            AND r.at >= spent_in_periods.bounds[1] AND r.at < spent_in_periods.bounds[cardinality(spent_in_periods.bounds)]
        GROUP BY 1
    ) found USING (number)
$$;

-- The moment of a reservation, in the last of these periods; NULL when what was worked out for the agreement is not true any more.
-- From here on its row is locked, so that nobody else reserves, and moments are in the order of the reservations.
-- version: of the row as it was read. before: spent in each period before the last one of the bounds.
CREATE FUNCTION moment_of_reservation(agreement bigint, version text, bounds timestamptz[], before bigint[])
RETURNS timestamptz LANGUAGE plpgsql AS $$
DECLARE
    same boolean;
    moment timestamptz;
    periods integer := cardinality(bounds) - 1;
BEGIN
    SELECT a.xmin::text = version AND a.covers_emergencies INTO same
    FROM agreement a WHERE a.id = moment_of_reservation.agreement FOR NO KEY UPDATE;
    moment := clock_timestamp();
    RETURN CASE WHEN same AND bounds[periods] <= moment AND moment < bounds[periods + 1]
        AND (spent_in_periods(agreement, bounds))[1:periods - 1] = before THEN moment END;
END
$$;

-- Reserves seconds for an incident, which is covered by the agreement from then on: how many; 0 when they would not reach for what
-- was talked already and least_seconds more. No row when what was worked out is not true any more: look again.
-- allotted: seconds of the last period; NULL is unlimited. most: at once, from now on. Locks the agreement, then the incident; each statement sees what was committed meanwhile.
CREATE FUNCTION reserve_minutes(
    incident bigint, agreement bigint, version text, bounds timestamptz[], before bigint[], allotted bigint, least_seconds bigint, most bigint
) RETURNS TABLE (granted integer) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    its incident;
    talked bigint := (SELECT ceil(coalesce(sum(seconds), 0)) FROM talk WHERE incident_id = reserve_minutes.incident);
    moment timestamptz := moment_of_reservation(reserve_minutes.agreement, reserve_minutes.version, reserve_minutes.bounds, reserve_minutes.before);
BEGIN
    IF moment IS NULL THEN
        RETURN;
    END IF;
    SELECT * INTO its FROM incident i WHERE i.id = reserve_minutes.incident FOR NO KEY UPDATE;
    IF NOT FOUND OR its.status = 'ended' OR its.cover IN ('prepaid', 'trunks')
        OR its.cover = 'agreement' AND its.agreement_id IS DISTINCT FROM reserve_minutes.agreement THEN
        RETURN QUERY SELECT 0;
        RETURN;
    END IF;
    IF EXISTS (SELECT FROM minute_reservation WHERE incident_id = its.id AND agreement_id = reserve_minutes.agreement) THEN -- asked again
        granted := (SELECT CASE WHEN bool_and(seconds IS NOT NULL) THEN sum(seconds) END
            FROM minute_reservation WHERE incident_id = its.id AND agreement_id = reserve_minutes.agreement);
    ELSE
        granted := least(reserve_minutes.most + talked,
            reserve_minutes.allotted - (spent_in_periods(reserve_minutes.agreement, reserve_minutes.bounds))[cardinality(bounds) - 1]);
        IF allotted IS NULL THEN
            granted := NULL;
        ELSIF granted < reserve_minutes.least_seconds + talked THEN
            RETURN QUERY SELECT 0;
            RETURN;
        END IF;
        INSERT INTO minute_reservation (incident_id, agreement_id, seconds, at)
        VALUES (its.id, reserve_minutes.agreement, granted, moment);
    END IF;
    UPDATE incident SET cover = 'agreement', agreement_id = reserve_minutes.agreement, seconds_left = granted WHERE id = its.id;
    RETURN NEXT;
END
$$;

-- More seconds for an incident that its agreement covers: how many; 0 when there are none. No row: look again.
CREATE FUNCTION extend_minutes(
    incident bigint, agreement bigint, version text, bounds timestamptz[], before bigint[], allotted bigint, most bigint, request uuid
) RETURNS TABLE (granted integer) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    its incident;
    moment timestamptz := moment_of_reservation(extend_minutes.agreement, extend_minutes.version, extend_minutes.bounds, extend_minutes.before);
BEGIN
    IF moment IS NULL THEN
        RETURN;
    END IF;
    SELECT * INTO its FROM incident i WHERE i.id = extend_minutes.incident FOR NO KEY UPDATE;
    SELECT r.seconds INTO granted FROM minute_reservation r WHERE r.request = extend_minutes.request;
    IF FOUND THEN -- asked again
        RETURN NEXT;
        RETURN;
    END IF;
    granted := least(extend_minutes.most,
        extend_minutes.allotted - (spent_in_periods(extend_minutes.agreement, extend_minutes.bounds))[cardinality(bounds) - 1]);
    IF its.status = 'ended' OR its.agreement_id IS DISTINCT FROM extend_minutes.agreement OR its.cover IS DISTINCT FROM 'agreement'
        OR its.seconds_left IS NULL OR granted IS NULL OR granted <= 0 THEN
        granted := 0;
        RETURN NEXT;
        RETURN;
    END IF;
    INSERT INTO minute_reservation (incident_id, agreement_id, seconds, at, request)
    VALUES (its.id, extend_minutes.agreement, granted, moment, extend_minutes.request);
    UPDATE incident SET seconds_left = seconds_left + granted WHERE id = its.id;
    RETURN NEXT;
END
$$;
