-- What the caller says is wrong, who they claim to be, and a line that dropped: an incident is suspended until its window is over.

-- category: the answer to "what is wrong". trunk_claim: the caller says that our own trunks are at fault.
-- claimed_id: whose account was named without its PIN. no_charge: an engineer made the call free.
-- resume_code: four digits that let a guest come back. suspended_until: the end of the window for that.
ALTER TABLE incident
    DROP CONSTRAINT incident_status_check,
    ADD CONSTRAINT incident_status_check CHECK (status IN ('open', 'connecting', 'talking', 'suspended', 'ended')),
    ADD COLUMN category text CHECK (category IN ('outage', 'telephony', 'hosted', 'trunks')),
    ADD COLUMN trunk_claim boolean NOT NULL DEFAULT false,
    ADD COLUMN claimed_id bigint REFERENCES customer,
    ADD COLUMN no_charge boolean NOT NULL DEFAULT false,
    ADD COLUMN resume_code text CHECK (resume_code ~ '^[0-9]{4}$'),
    ADD COLUMN suspended_until timestamptz,
    ADD CONSTRAINT incident_suspended_until CHECK ((status = 'suspended') = (suspended_until IS NOT NULL));
CREATE INDEX incident_suspended ON incident (suspended_until) WHERE status = 'suspended';

CREATE OR REPLACE FUNCTION incident_status_rule() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.status <> 'open' THEN
            RAISE EXCEPTION 'an incident begins open, not %', NEW.status USING ERRCODE = 'IV001';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.status <> OLD.status AND (OLD.status, NEW.status) NOT IN (
        ('open', 'connecting'), ('open', 'ended'),
        ('connecting', 'talking'), ('connecting', 'suspended'), ('connecting', 'ended'),
        ('talking', 'connecting'), ('talking', 'suspended'), ('talking', 'ended'),
        ('suspended', 'connecting'), ('suspended', 'ended')
    ) THEN
        RAISE EXCEPTION 'incident % cannot go from % to %', OLD.id, OLD.status, NEW.status USING ERRCODE = 'IV001';
    END IF;
    IF NEW.status = 'suspended' AND OLD.status = 'connecting'
        AND NOT EXISTS (SELECT FROM offer WHERE incident_id = NEW.id AND result = 'accepted') THEN
        RAISE EXCEPTION 'incident % was never accepted: there is nothing to come back to', OLD.id USING ERRCODE = 'IV001';
    END IF;
    IF OLD.status = 'ended' AND NEW.reason <> OLD.reason THEN
        RAISE EXCEPTION 'incident % ended as % and stays so', OLD.id, OLD.reason USING ERRCODE = 'IV001';
    END IF;
    IF NEW.status <> 'suspended' THEN
        NEW.suspended_until := NULL;
    END IF;
    IF NEW.status = 'ended' AND OLD.status <> 'ended' THEN
        NEW.ended_at := clock_timestamp();
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION incident_more_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.category IS DISTINCT FROM OLD.category OR NEW.trunk_claim <> OLD.trunk_claim THEN
        PERFORM append_event(NEW.id, 'category', jsonb_build_object('category', NEW.category, 'trunks', NEW.trunk_claim));
    END IF;
    IF NEW.claimed_id IS DISTINCT FROM OLD.claimed_id AND NEW.claimed_id IS NOT NULL THEN
        PERFORM append_event(NEW.id, 'claimed', jsonb_build_object('account', (SELECT account FROM customer WHERE id = NEW.claimed_id)));
    END IF;
    IF NEW.no_charge AND NOT OLD.no_charge THEN
        PERFORM append_event(NEW.id, 'no_charge', '{}');
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER incident_more_events AFTER UPDATE ON incident FOR EACH ROW EXECUTE FUNCTION incident_more_events();
