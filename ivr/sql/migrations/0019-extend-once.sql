-- Two processes that hear the same talk run out at the same moment add its agreement's minutes once.

DROP FUNCTION extend_minutes(bigint, bigint, text, timestamptz[], bigint[], bigint, bigint, uuid);
ALTER TABLE minute_reservation DROP COLUMN request;

-- How many more seconds than known an incident may be talked about now; 0 when its agreement has none. No row: look again.
-- known: the seconds that the caller of this knows the incident to have; when it has other ones by now, nothing is added.
CREATE FUNCTION extend_minutes(
    incident bigint, agreement bigint, version text, bounds timestamptz[], before bigint[], allotted bigint, most bigint, known bigint
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
    IF its.status = 'ended' OR its.agreement_id IS DISTINCT FROM extend_minutes.agreement OR its.cover IS DISTINCT FROM 'agreement'
        OR its.seconds_left IS NULL THEN
        granted := 0;
    ELSIF its.seconds_left <> extend_minutes.known THEN -- somebody else was first, or this is asked again
        granted := greatest(0, its.seconds_left - extend_minutes.known);
    ELSE
        granted := greatest(0, coalesce(least(extend_minutes.most,
            extend_minutes.allotted - (spent_in_periods(extend_minutes.agreement, extend_minutes.bounds))[cardinality(bounds) - 1]), 0));
        IF granted > 0 THEN
            INSERT INTO minute_reservation (incident_id, agreement_id, seconds, at)
            VALUES (its.id, extend_minutes.agreement, granted, moment);
            UPDATE incident SET seconds_left = seconds_left + granted WHERE id = its.id;
        END IF;
    END IF;
    RETURN NEXT;
END
$$;
