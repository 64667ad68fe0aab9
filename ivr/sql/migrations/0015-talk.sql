-- The talk's own rules: a call made free by its engineer, the warnings before its time is up, the work that is left afterwards.

-- no_charge: by an engineer who has accepted, while the incident lasts, and never taken back.
CREATE FUNCTION no_charge_rule() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.no_charge THEN
        PERFORM forbid(format('incident %s was made free and stays so', OLD.id));
    END IF;
    IF OLD.status = 'ended' THEN
        PERFORM forbid(format('incident %s has ended: it cannot be made free any more', OLD.id));
    END IF;
    IF NOT EXISTS (SELECT FROM offer WHERE incident_id = NEW.id AND result = 'accepted') THEN
        PERFORM forbid(format('incident %s was never accepted: no engineer can make it free', OLD.id));
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER no_charge_rule BEFORE UPDATE ON incident
    FOR EACH ROW WHEN (NEW.no_charge <> OLD.no_charge) EXECUTE FUNCTION no_charge_rule();

-- What an engineer made free comes to nothing: no charge, and so no capture; no debt either.
ALTER TABLE incident ADD CONSTRAINT incident_free CHECK (NOT (no_charge AND charge_cents > 0));

CREATE FUNCTION debt_free_rule() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT no_charge FROM incident WHERE id = NEW.incident_id) THEN
        PERFORM forbid(format('incident %s owes nothing: an engineer made it free', NEW.incident_id));
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER debt_free_rule BEFORE INSERT ON debt FOR EACH ROW EXECUTE FUNCTION debt_free_rule();

-- Work that goes on in office hours after an incident was stabilised (seed, "Stabilization of issue"); one an incident.
CREATE TABLE follow_up (
    incident_id bigint PRIMARY KEY REFERENCES incident,
    customer_id bigint REFERENCES customer,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    note text,
    done_at timestamptz,
    done_by text CHECK (done_by <> ''),
    CHECK ((done_at IS NULL) = (done_by IS NULL))
);
CREATE INDEX follow_up_open ON follow_up (created_at) WHERE done_at IS NULL;

CREATE FUNCTION follow_up_after_end() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO follow_up (incident_id, customer_id) VALUES (NEW.id, coalesce(NEW.customer_id, NEW.claimed_id));
    RETURN NULL;
END
$$;
CREATE TRIGGER follow_up_after_end AFTER UPDATE ON incident FOR EACH ROW
    WHEN (NEW.status = 'ended' AND OLD.status <> 'ended' AND NEW.reason = 'stabilised') EXECUTE FUNCTION follow_up_after_end();

CREATE FUNCTION follow_up_rule() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        PERFORM forbid(format('the follow-up of incident %s is done, not deleted', OLD.incident_id));
    END IF;
    IF OLD.done_at IS NOT NULL THEN
        PERFORM forbid(format('the follow-up of incident %s was done by %s', OLD.incident_id, OLD.done_by));
    END IF;
    IF (NEW.incident_id, NEW.created_at) IS DISTINCT FROM (OLD.incident_id, OLD.created_at) THEN
        PERFORM forbid(format('the follow-up of incident %s stays its own', OLD.incident_id));
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER follow_up_rule BEFORE UPDATE OR DELETE ON follow_up FOR EACH ROW EXECUTE FUNCTION follow_up_rule();

CREATE FUNCTION follow_up_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM append_event(NEW.incident_id, 'follow_up', '{}');
    ELSIF NEW.done_at IS NOT NULL AND OLD.done_at IS NULL THEN
        PERFORM append_event(NEW.incident_id, 'follow_up_done', jsonb_build_object('by', NEW.done_by, 'note', NEW.note));
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER follow_up_events AFTER INSERT OR UPDATE ON follow_up FOR EACH ROW EXECUTE FUNCTION follow_up_events();
