-- What the records enforce by themselves: legal status changes (docs/states.md), an append-only
-- timeline, and a line on it for every change, in the same transaction as the change.
-- SQLSTATE IV001 is a forbidden change; ivr raises it as IllegalChange.

CREATE FUNCTION incident_status_rule() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.status <> 'open' THEN
            RAISE EXCEPTION 'an incident begins open, not %', NEW.status USING ERRCODE = 'IV001';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.status <> OLD.status AND (OLD.status, NEW.status) NOT IN (
        ('open', 'connecting'), ('open', 'ended'),
        ('connecting', 'talking'), ('connecting', 'ended'),
        ('talking', 'connecting'), ('talking', 'ended')
    ) THEN
        RAISE EXCEPTION 'incident % cannot go from % to %', OLD.id, OLD.status, NEW.status USING ERRCODE = 'IV001';
    END IF;
    IF OLD.status = 'ended' AND NEW.reason <> OLD.reason THEN
        RAISE EXCEPTION 'incident % ended as % and stays so', OLD.id, OLD.reason USING ERRCODE = 'IV001';
    END IF;
    IF NEW.status = 'ended' AND OLD.status <> 'ended' THEN
        NEW.ended_at := clock_timestamp();
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER incident_status_rule BEFORE INSERT OR UPDATE ON incident
    FOR EACH ROW EXECUTE FUNCTION incident_status_rule();

CREATE FUNCTION offer_rule() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.result IS NOT NULL AND NEW.result IS DISTINCT FROM OLD.result THEN
        RAISE EXCEPTION 'offer % ended as % and stays so', OLD.id, OLD.result USING ERRCODE = 'IV001';
    END IF;
    IF NEW.result IS NOT NULL AND OLD.result IS NULL THEN
        NEW.ended_at := clock_timestamp();
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER offer_rule BEFORE UPDATE ON offer FOR EACH ROW EXECUTE FUNCTION offer_rule();

CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the timeline is append only: % refused', TG_OP USING ERRCODE = 'IV001';
END
$$;
CREATE TRIGGER incident_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON incident_event
    FOR EACH STATEMENT EXECUTE FUNCTION append_only();

CREATE FUNCTION append_event(incident bigint, kind text, detail jsonb) RETURNS void LANGUAGE sql AS $$
    INSERT INTO incident_event (incident_id, kind, detail) VALUES (incident, kind, jsonb_strip_nulls(detail))
$$;

CREATE FUNCTION offer_words(offer bigint) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object('offer', o.id, 'engineer', e.name, 'phone', o.phone)
    FROM offer o JOIN engineer e ON e.id = o.engineer_id WHERE o.id = offer_words.offer
$$;

CREATE FUNCTION incident_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.consent IS DISTINCT FROM OLD.consent THEN
        PERFORM append_event(NEW.id, 'consent', jsonb_build_object(
            'answer', NEW.consent, 'prompt_version', NEW.prompt_version, 'price_ms', NEW.price_ms,
            'price_cents', (SELECT price_cents FROM rate WHERE id = NEW.rate_id),
            'currency', (SELECT currency FROM rate WHERE id = NEW.rate_id)));
    END IF;
    IF (NEW.identified_at IS NULL, NEW.customer_id, NEW.identified_how)
        IS DISTINCT FROM (OLD.identified_at IS NULL, OLD.customer_id, OLD.identified_how) THEN
        PERFORM append_event(NEW.id, 'identified', jsonb_build_object(
            'how', NEW.identified_how,
            'account', (SELECT account FROM customer WHERE id = NEW.customer_id),
            'customer', (SELECT name FROM customer WHERE id = NEW.customer_id)));
    END IF;
    IF (NEW.cover, NEW.agreement_id, NEW.seconds_left) IS DISTINCT FROM (OLD.cover, OLD.agreement_id, OLD.seconds_left) THEN
        PERFORM append_event(NEW.id, 'covered', jsonb_build_object(
            'cover', NEW.cover, 'agreement', NEW.agreement_id, 'seconds_left', NEW.seconds_left));
    END IF;
    IF NEW.ending IS DISTINCT FROM OLD.ending THEN
        PERFORM append_event(NEW.id, 'ending_key', jsonb_build_object('reason', NEW.ending));
    END IF;
    IF NEW.status <> OLD.status THEN
        IF NEW.status = 'talking' THEN
            PERFORM append_event(NEW.id, 'talking', offer_words(NEW.accepted_offer_id));
        ELSIF OLD.status = 'talking' AND NEW.status = 'connecting' THEN
            PERFORM append_event(NEW.id, 'engineer_lost', offer_words(OLD.accepted_offer_id));
        ELSE
            PERFORM append_event(NEW.id, NEW.status, jsonb_build_object('reason', NEW.reason));
        END IF;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER incident_events AFTER UPDATE ON incident FOR EACH ROW EXECUTE FUNCTION incident_events();

CREATE FUNCTION call_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM append_event(NEW.incident_id, 'call_began', jsonb_build_object('caller_id', NEW.caller_id));
    RETURN NULL;
END
$$;
CREATE TRIGGER call_events AFTER INSERT ON call FOR EACH ROW EXECUTE FUNCTION call_events();

CREATE FUNCTION leg_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.ended_at IS NOT NULL AND (TG_OP = 'INSERT' OR OLD.ended_at IS NULL) THEN
        PERFORM append_event(NEW.incident_id, 'leg_ended',
            coalesce(offer_words(NEW.offer_id), '{}') || jsonb_build_object('role', NEW.role, 'cause', NEW.cause));
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER leg_events AFTER INSERT OR UPDATE ON leg FOR EACH ROW EXECUTE FUNCTION leg_events();

CREATE FUNCTION offer_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM append_event(NEW.incident_id, 'offer_made', offer_words(NEW.id));
    ELSIF NEW.result IS NOT NULL AND OLD.result IS NULL THEN
        PERFORM append_event(NEW.incident_id, 'offer_ended', offer_words(NEW.id) || jsonb_build_object('end', NEW.result));
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER offer_events AFTER INSERT OR UPDATE ON offer FOR EACH ROW EXECUTE FUNCTION offer_events();

CREATE FUNCTION talk_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM append_event(NEW.incident_id, 'talk_began', offer_words(NEW.offer_id) || jsonb_build_object('talk', NEW.id));
    ELSIF NEW.ended_at IS NOT NULL AND OLD.ended_at IS NULL THEN
        PERFORM append_event(NEW.incident_id, 'talk_ended', offer_words(NEW.offer_id)
            || jsonb_build_object('talk', NEW.id, 'seconds', round(NEW.seconds::numeric, 2)));
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER talk_events AFTER INSERT OR UPDATE ON talk FOR EACH ROW EXECUTE FUNCTION talk_events();
