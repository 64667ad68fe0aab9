-- Messages of callers whom nobody answered, and the pages to those on duty.

-- node: the machine on whose disk the file is. seconds: how long it is; NULL until that is known, 0 when nothing was said.
CREATE TABLE message (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    incident_id bigint NOT NULL REFERENCES incident,
    file text NOT NULL UNIQUE GENERATED ALWAYS AS (incident_id::text || '-' || id::text || '.wav') STORED,
    node text NOT NULL,
    began_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    seconds double precision CHECK (seconds >= 0),
    heard_at timestamptz,
    heard_by text CHECK (heard_by <> ''),
    request uuid NOT NULL UNIQUE,
    CHECK ((heard_at IS NULL) = (heard_by IS NULL))
);
CREATE INDEX message_incident ON message (incident_id);
CREATE INDEX message_unmeasured ON message (node) WHERE seconds IS NULL;

-- Where an engineer is paged besides being rung. These are secrets: a token stands in most of them.
ALTER TABLE engineer ADD COLUMN page_urls text[] NOT NULL DEFAULT '{}' CHECK (array_position(page_urls, NULL) IS NULL);

-- One page to one recipient. It is claimed before it is sent, so that two workers never send it at once; a claim whose worker was killed lapses.
-- recipient: a keyed hash of the address, never the address. who: the engineer's name, or "everyone".
CREATE TABLE page (
    incident_id bigint NOT NULL REFERENCES incident,
    occasion text NOT NULL CHECK (occasion IN ('ringing', 'nobody', 'message')),
    recipient text NOT NULL CHECK (recipient ~ '^[0-9a-f]{32}$'),
    who text NOT NULL CHECK (who <> ''),
    claimed_until timestamptz NOT NULL,
    sent_at timestamptz,
    PRIMARY KEY (incident_id, occasion, recipient)
);

CREATE FUNCTION message_rule() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.incident_id <> OLD.incident_id OR (OLD.seconds IS NOT NULL AND NEW.seconds IS DISTINCT FROM OLD.seconds) THEN
        RAISE EXCEPTION 'message % is recorded and stays as it is', OLD.id USING ERRCODE = 'IV001';
    END IF;
    IF OLD.heard_at IS NOT NULL AND (NEW.heard_at, NEW.heard_by) IS DISTINCT FROM (OLD.heard_at, OLD.heard_by) THEN
        RAISE EXCEPTION 'message % was heard by %', OLD.id, OLD.heard_by USING ERRCODE = 'IV001';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER message_rule BEFORE UPDATE ON message FOR EACH ROW EXECUTE FUNCTION message_rule();

CREATE FUNCTION message_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM append_event(NEW.incident_id, 'message_began', jsonb_build_object('message', NEW.id));
        RETURN NULL;
    END IF;
    IF NEW.seconds IS NOT NULL AND OLD.seconds IS NULL THEN
        PERFORM append_event(NEW.incident_id, 'message', jsonb_build_object('message', NEW.id, 'seconds', round(NEW.seconds::numeric, 1)));
    END IF;
    IF NEW.heard_at IS NOT NULL AND OLD.heard_at IS NULL THEN
        PERFORM append_event(NEW.incident_id, 'message_heard', jsonb_build_object('message', NEW.id, 'by', NEW.heard_by));
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER message_events AFTER INSERT OR UPDATE ON message FOR EACH ROW EXECUTE FUNCTION message_events();

CREATE FUNCTION page_rule() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.sent_at IS NOT NULL AND NEW IS DISTINCT FROM OLD THEN
        RAISE EXCEPTION 'the page to % about incident % was sent', OLD.who, OLD.incident_id USING ERRCODE = 'IV001';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER page_rule BEFORE UPDATE ON page FOR EACH ROW EXECUTE FUNCTION page_rule();

CREATE FUNCTION page_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.sent_at IS NOT NULL AND OLD.sent_at IS NULL THEN
        PERFORM append_event(NEW.incident_id, 'paged', jsonb_build_object('occasion', NEW.occasion, 'who', NEW.who));
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER page_events AFTER UPDATE ON page FOR EACH ROW EXECUTE FUNCTION page_events();
