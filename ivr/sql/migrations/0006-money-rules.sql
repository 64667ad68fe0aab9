-- What the records enforce about money by themselves (docs/states.md), with SQLSTATE IV001, and its lines on the timeline.
-- Whoever locks both an incident and its holds locks the incident first.

CREATE FUNCTION forbid(why text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', why USING ERRCODE = 'IV001';
END
$$;

-- What was said and answered before a charge stays as it was: it is the reason for the charge.
CREATE FUNCTION consent_rule() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.consent, NEW.rate_id, NEW.prompt_version) IS DISTINCT FROM (OLD.consent, OLD.rate_id, OLD.prompt_version) THEN
        PERFORM forbid(format('the consent of incident %s is given once', OLD.id));
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER consent_rule BEFORE UPDATE ON incident
    FOR EACH ROW WHEN (OLD.consent IS NOT NULL) EXECUTE FUNCTION consent_rule();

-- A charge is decided once.
CREATE FUNCTION charge_rule() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.charged_seconds, NEW.charged_minutes, NEW.charge_cents, NEW.charge_tax_cents)
        IS DISTINCT FROM (OLD.charged_seconds, OLD.charged_minutes, OLD.charge_cents, OLD.charge_tax_cents) THEN
        PERFORM forbid(format('the charge of incident %s is decided and stays so', OLD.id));
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER charge_rule BEFORE UPDATE ON incident
    FOR EACH ROW WHEN (OLD.charge_cents IS NOT NULL) EXECUTE FUNCTION charge_rule();

CREATE FUNCTION charge_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM append_event(NEW.id, 'charged', jsonb_build_object(
        'seconds', NEW.charged_seconds, 'minutes', NEW.charged_minutes, 'cents', NEW.charge_cents, 'tax', NEW.charge_tax_cents,
        'currency', (SELECT currency FROM rate WHERE id = NEW.rate_id)));
    RETURN NULL;
END
$$;
CREATE TRIGGER charge_events AFTER UPDATE ON incident
    FOR EACH ROW WHEN (OLD.charge_cents IS NULL AND NEW.charge_cents IS NOT NULL) EXECUTE FUNCTION charge_events();

-- The one settlement is queued in the very transaction that ends the incident.
CREATE FUNCTION settle_after_end() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.cover = 'unpaid' OR EXISTS (SELECT FROM hold WHERE incident_id = NEW.id) THEN
        PERFORM procrastinate_defer_jobs_v1(ARRAY[
            ROW('default', 'ivr:settle', 0, NULL, NULL, jsonb_build_object('incident_id', NEW.id), NULL)
        ]::procrastinate_job_to_defer_v1[]);
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER settle_after_end AFTER UPDATE ON incident
    FOR EACH ROW WHEN (NEW.status = 'ended' AND OLD.status <> 'ended') EXECUTE FUNCTION settle_after_end();

-- Whether this incident may cost anything: consent was given and an engineer accepted.
CREATE FUNCTION may_be_charged(incident bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM incident i WHERE i.id = may_be_charged.incident AND i.consent = 'given')
        AND EXISTS (SELECT FROM offer o WHERE o.incident_id = may_be_charged.incident AND o.result = 'accepted')
$$;

-- The row lock keeps the incident from ending before the hold is there.
CREATE FUNCTION hold_opened_rule() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    its_status text;
BEGIN
    IF (NEW.status, NEW.intent_id, NEW.capture_cents) IS DISTINCT FROM ('new', NULL::text, NULL::integer) THEN
        PERFORM forbid(format('a hold begins new, not %s', NEW.status));
    END IF;
    SELECT status INTO its_status FROM incident WHERE id = NEW.incident_id FOR SHARE;
    IF its_status <> 'open' THEN
        PERFORM forbid(format('incident %s is %s: no hold can be opened', NEW.incident_id, its_status));
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER hold_opened_rule BEFORE INSERT ON hold FOR EACH ROW EXECUTE FUNCTION hold_opened_rule();

CREATE FUNCTION hold_rule() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    its incident;
BEGIN
    IF (NEW.id, NEW.incident_id, NEW.minutes, NEW.amount_cents, NEW.currency)
        IS DISTINCT FROM (OLD.id, OLD.incident_id, OLD.minutes, OLD.amount_cents, OLD.currency) THEN
        PERFORM forbid(format('what hold %s is for stays so', OLD.id));
    END IF;
    IF (OLD.intent_id IS NOT NULL AND NEW.intent_id IS DISTINCT FROM OLD.intent_id)
        OR (OLD.capture_cents IS NOT NULL AND NEW.capture_cents IS DISTINCT FROM OLD.capture_cents) THEN
        PERFORM forbid(format('the intent and the capture of hold %s are written once', OLD.id));
    END IF;
    IF NEW.status = OLD.status THEN
        RETURN NEW;
    END IF;
    IF (OLD.status, NEW.status) NOT IN (
        ('new', 'created'), ('created', 'confirming'), ('confirming', 'held'), ('confirming', 'created'),
        ('new', 'settling'), ('created', 'settling'), ('confirming', 'settling'), ('held', 'settling'),
        ('settling', 'captured'), ('settling', 'released'), ('settling', 'expired'), ('held', 'expired')
    ) THEN
        PERFORM forbid(format('hold %s cannot go from %s to %s', OLD.id, OLD.status, NEW.status));
    END IF;
    IF NEW.status = 'confirming' THEN
        SELECT * INTO its FROM incident WHERE id = NEW.incident_id FOR SHARE;
        IF its.status = 'ended' THEN
            PERFORM forbid(format('incident %s has ended: no card can be tried', its.id));
        END IF;
    ELSIF NEW.status = 'settling' THEN
        SELECT * INTO its FROM incident WHERE id = NEW.incident_id;
        IF its.charge_cents IS NULL THEN
            PERFORM forbid(format('the charge of incident %s is not decided', its.id));
        END IF;
        IF NEW.capture_cents > 0 AND NOT (OLD.status = 'held' AND its.cover IS NOT DISTINCT FROM 'prepaid' AND may_be_charged(its.id)) THEN
            PERFORM forbid(format('nothing can be captured from hold %s', OLD.id));
        END IF;
    ELSIF NEW.status IN ('captured', 'released') AND (NEW.status = 'captured') <> (OLD.capture_cents > 0) THEN
        PERFORM forbid(format('hold %s was settled with %s cents, it cannot be %s', OLD.id, OLD.capture_cents, NEW.status));
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER hold_rule BEFORE UPDATE ON hold FOR EACH ROW EXECUTE FUNCTION hold_rule();

-- No card goes out, and no answer counts, without its row in card_try. The statement that moves the hold writes both.
CREATE FUNCTION hold_try_rule() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    SELECT coalesce(outcome, 'none') INTO answer FROM card_try WHERE hold_id = NEW.id ORDER BY number DESC LIMIT 1;
    IF answer IS DISTINCT FROM (CASE NEW.status WHEN 'confirming' THEN 'none' WHEN 'held' THEN 'held' ELSE 'declined' END) THEN
        PERFORM forbid(format('hold %s cannot be %s: its last card says %s', NEW.id, NEW.status, answer));
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER a_hold_try_rule AFTER UPDATE ON hold FOR EACH ROW
    WHEN (NEW.status <> OLD.status AND (NEW.status IN ('confirming', 'held') OR OLD.status = 'confirming' AND NEW.status = 'created'))
    EXECUTE FUNCTION hold_try_rule();

CREATE FUNCTION hold_events() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    words jsonb := jsonb_build_object('hold', NEW.id, 'amount_cents', NEW.amount_cents, 'currency', NEW.currency);
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM append_event(NEW.incident_id, 'hold_opened', words || jsonb_build_object('minutes', NEW.minutes));
        RETURN NULL;
    END IF;
    IF NEW.intent_id IS DISTINCT FROM OLD.intent_id THEN
        PERFORM append_event(NEW.incident_id, 'hold_created', words || jsonb_build_object('intent', NEW.intent_id));
    END IF;
    IF NEW.status <> OLD.status AND NEW.status NOT IN ('created', 'confirming') THEN -- for those two card_try has the words
        PERFORM append_event(NEW.incident_id, 'hold_' || NEW.status, words || jsonb_build_object('capture_cents', NEW.capture_cents));
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER hold_events AFTER INSERT OR UPDATE ON hold FOR EACH ROW EXECUTE FUNCTION hold_events();

CREATE FUNCTION card_try_rule() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.number <> 1 + (SELECT count(*) FROM card_try WHERE hold_id = NEW.hold_id) OR NEW.outcome IS NOT NULL THEN
            PERFORM forbid(format('card %s of hold %s is not the next, or already answered', NEW.number, NEW.hold_id));
        END IF;
    ELSIF OLD.outcome IS NOT NULL OR (NEW.hold_id, NEW.number, NEW.brand, NEW.last4, NEW.began_at)
        IS DISTINCT FROM (OLD.hold_id, OLD.number, OLD.brand, OLD.last4, OLD.began_at) THEN
        PERFORM forbid(format('card %s of hold %s is written and stays so', OLD.number, OLD.hold_id));
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER card_try_rule BEFORE INSERT OR UPDATE ON card_try FOR EACH ROW EXECUTE FUNCTION card_try_rule();

CREATE FUNCTION card_try_events() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    words jsonb := jsonb_build_object('hold', NEW.hold_id, 'number', NEW.number, 'brand', NEW.brand, 'last4', NEW.last4);
    its_incident bigint := (SELECT incident_id FROM hold WHERE id = NEW.hold_id);
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM append_event(its_incident, 'card_tried', words);
    ELSIF NEW.outcome = 'declined' AND OLD.outcome IS NULL THEN
        PERFORM append_event(its_incident, 'card_declined', words || jsonb_build_object('decline', NEW.decline));
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER card_try_events AFTER INSERT OR UPDATE ON card_try FOR EACH ROW EXECUTE FUNCTION card_try_events();

CREATE FUNCTION debt_rule() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND (NEW.incident_id, NEW.cents, NEW.currency, NEW.reason, NEW.at)
        IS DISTINCT FROM (OLD.incident_id, OLD.cents, OLD.currency, OLD.reason, OLD.at) THEN
        PERFORM forbid(format('the debt of incident %s stays as it is', OLD.incident_id));
    ELSIF TG_OP = 'INSERT' AND EXISTS (SELECT FROM incident WHERE id = NEW.incident_id) AND NOT may_be_charged(NEW.incident_id) THEN
        PERFORM forbid(format('incident %s owes nothing: no consent, or nobody accepted', NEW.incident_id));
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER debt_rule BEFORE INSERT OR UPDATE ON debt FOR EACH ROW EXECUTE FUNCTION debt_rule();

CREATE FUNCTION debt_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM append_event(NEW.incident_id, 'debt', jsonb_build_object('cents', NEW.cents, 'currency', NEW.currency, 'reason', NEW.reason));
    RETURN NULL;
END
$$;
CREATE TRIGGER debt_events AFTER INSERT ON debt FOR EACH ROW EXECUTE FUNCTION debt_events();

-- Never more is given back than was captured, however many ask at once: each waits for the hold's lock.
CREATE FUNCTION refund_rule() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    its hold;
    given bigint;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.stripe_id IS NOT NULL AND NEW.stripe_id IS DISTINCT FROM OLD.stripe_id
            OR (NEW.id, NEW.hold_id, NEW.cents, NEW.reason, NEW.at) IS DISTINCT FROM (OLD.id, OLD.hold_id, OLD.cents, OLD.reason, OLD.at) THEN
            PERFORM forbid(format('refund %s stays as it is', OLD.id));
        END IF;
        RETURN NEW;
    END IF;
    SELECT * INTO its FROM hold WHERE id = NEW.hold_id FOR NO KEY UPDATE;
    SELECT coalesce(sum(cents), 0) INTO given FROM refund WHERE hold_id = NEW.hold_id;
    IF its.status <> 'captured' THEN
        PERFORM forbid(format('hold %s is %s: there is nothing to give back', its.id, its.status));
    ELSIF given + NEW.cents > its.capture_cents THEN
        PERFORM forbid(format('only %s cents of hold %s are left to give back', its.capture_cents - given, its.id));
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER refund_rule BEFORE INSERT OR UPDATE ON refund FOR EACH ROW EXECUTE FUNCTION refund_rule();

CREATE FUNCTION refund_events() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    its hold;
    words jsonb;
BEGIN
    SELECT * INTO its FROM hold WHERE id = NEW.hold_id;
    words := jsonb_build_object(
        'refund', NEW.id, 'hold', NEW.hold_id, 'cents', NEW.cents, 'currency', its.currency, 'reason', NEW.reason);
    IF TG_OP = 'INSERT' THEN
        PERFORM append_event(its.incident_id, 'refund_opened', words);
    ELSIF OLD.stripe_id IS NULL AND NEW.stripe_id IS NOT NULL THEN
        PERFORM append_event(its.incident_id, 'refund', words || jsonb_build_object('stripe', NEW.stripe_id));
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER refund_events AFTER INSERT OR UPDATE ON refund FOR EACH ROW EXECUTE FUNCTION refund_events();

-- Decides what an ended incident comes to, once: true for the one who did, false when it was decided before, NULL for an
-- unknown incident. captures: cents by hold id; a hold that is not named is released. A function, because
-- each of its statements sees what was committed while it waited for the incident's lock.
CREATE FUNCTION decide_charge(
    incident bigint, seconds bigint, minutes bigint, cents bigint, tax bigint, captures jsonb, owed bigint
) RETURNS boolean LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    its incident;
BEGIN
    SELECT * INTO its FROM incident i WHERE i.id = decide_charge.incident FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN NULL;
    ELSIF its.charge_cents IS NOT NULL THEN
        RETURN false;
    ELSIF its.status <> 'ended' OR EXISTS (SELECT FROM talk WHERE incident_id = its.id AND ended_at IS NULL) THEN
        PERFORM forbid(format('incident %s is not over: nothing can be decided', its.id));
    ELSIF EXISTS (
        SELECT FROM jsonb_each_text(captures) c WHERE c.value::bigint <> 0 AND NOT EXISTS (
            SELECT FROM hold h WHERE h.id = c.key::uuid AND h.incident_id = its.id AND h.status = 'held')
    ) THEN
        PERFORM forbid(format('a hold of incident %s is not held any more: look again', its.id));
    ELSIF (SELECT coalesce(sum(c.value::bigint), 0) FROM jsonb_each_text(captures) c) > decide_charge.cents THEN
        PERFORM forbid(format('the captures of incident %s are more than its charge', its.id));
    END IF;
    UPDATE incident SET charged_seconds = decide_charge.seconds, charged_minutes = decide_charge.minutes,
        charge_cents = decide_charge.cents, charge_tax_cents = decide_charge.tax WHERE id = its.id;
    UPDATE hold SET status = 'settling', capture_cents = coalesce((captures ->> hold.id::text)::integer, 0)
    WHERE incident_id = its.id AND status IN ('new', 'created', 'confirming', 'held');
    IF decide_charge.owed > 0 THEN
        INSERT INTO debt (incident_id, cents, currency, reason)
        SELECT its.id, decide_charge.owed, r.currency, CASE its.cover WHEN 'unpaid' THEN 'unpaid' ELSE 'hold_expired' END
        FROM rate r WHERE r.id = its.rate_id
        ON CONFLICT DO NOTHING;
    END IF;
    RETURN true;
END
$$;
