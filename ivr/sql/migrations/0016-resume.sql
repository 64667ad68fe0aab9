-- A caller whose line dropped may come back: until the window is over the incident waits, then it ends by itself.

-- code_tries: wrong codes since the incident was suspended; each is counted before it is compared.
ALTER TABLE incident ADD COLUMN code_tries integer NOT NULL DEFAULT 0 CHECK (code_tries >= 0);

-- The end of the window is queued in the very transaction that opens it.
CREATE FUNCTION window_opened() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM procrastinate_defer_jobs_v1(ARRAY[
        ROW('default', 'ivr:end_window', 10, NULL, NULL, jsonb_build_object('incident_id', NEW.id), NEW.suspended_until)
    ]::procrastinate_job_to_defer_v1[]);
    RETURN NULL;
END
$$;
CREATE TRIGGER window_opened AFTER UPDATE ON incident
    FOR EACH ROW WHEN (NEW.status = 'suspended' AND OLD.status <> 'suspended') EXECUTE FUNCTION window_opened();

CREATE FUNCTION resumed_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM append_event(NEW.id, 'resumed', '{}');
    RETURN NULL;
END
$$;
CREATE TRIGGER a_resumed_event AFTER UPDATE ON incident
    FOR EACH ROW WHEN (NEW.status = 'connecting' AND OLD.status = 'suspended') EXECUTE FUNCTION resumed_event();

-- Whether the engineer who had the incident *last* was cut off: a new one who accepts begins anew.
CREATE FUNCTION engineer_found() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.engineer_dropped := false;
    RETURN NEW;
END
$$;
CREATE TRIGGER engineer_found BEFORE UPDATE ON incident
    FOR EACH ROW WHEN (NEW.status = 'talking' AND OLD.status = 'connecting') EXECUTE FUNCTION engineer_found();

-- The caller's line is gone: false when it is to be ended, as by an ending key; true when there is nothing to end, because the incident waits now or did already, or because the caller has
-- another leg by now. A function, because it must see the legs that were written while it waited for the incident's lock.
CREATE FUNCTION suspend_incident(incident bigint, seconds integer) RETURNS boolean LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    its_status text;
    its_ending text;
BEGIN
    SELECT i.status, i.ending INTO its_status, its_ending FROM incident i WHERE i.id = suspend_incident.incident FOR NO KEY UPDATE;
    IF its_status IS NULL OR its_status IN ('open', 'ended') OR its_ending IS NOT NULL
        OR NOT EXISTS (SELECT FROM offer o WHERE o.incident_id = suspend_incident.incident AND o.result = 'accepted') THEN
        RETURN false;
    ELSIF its_status = 'suspended' OR EXISTS (
        SELECT FROM leg l WHERE l.incident_id = suspend_incident.incident AND l.role = 'caller' AND l.ended_at IS NULL) THEN
        RETURN true;
    END IF;
    UPDATE incident i SET status = 'suspended', code_tries = 0, suspended_until = suspend_incident.seconds * interval '1 second'
        + coalesce((SELECT max(l.ended_at) FROM leg l WHERE l.incident_id = i.id AND l.role = 'caller'), clock_timestamp())
    WHERE i.id = suspend_incident.incident;
    RETURN true;
END
$$;
