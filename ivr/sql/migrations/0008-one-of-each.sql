-- A talk is one row for ever, whoever hears of it how often: two processes that meter the same talk write the same row.
DELETE FROM talk a USING talk b WHERE (a.offer_id, a.bridge) = (b.offer_id, b.bridge) AND (a.seconds, -a.id) < (b.seconds, -b.id);
DROP INDEX talk_open;
CREATE UNIQUE INDEX talk_once ON talk (offer_id, bridge);

-- A rate that somebody agreed to stays as it was said ("Money rules", rule 2: the rate fixed at consent).
CREATE FUNCTION rate_rule() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.price_cents, NEW.minimum_minutes, NEW.increment_minutes, NEW.currency, NEW.tax_basis_points)
        IS DISTINCT FROM (OLD.price_cents, OLD.minimum_minutes, OLD.increment_minutes, OLD.currency, OLD.tax_basis_points)
        AND EXISTS (SELECT FROM incident WHERE rate_id = OLD.id) THEN
        PERFORM forbid(format('rate %s was agreed to by callers: add a new one that is valid from now', OLD.id));
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER rate_rule BEFORE UPDATE ON rate FOR EACH ROW EXECUTE FUNCTION rate_rule();
CREATE INDEX incident_rate ON incident (rate_id);

-- Whether the engineer who had the incident last was cut off, rather than put the phone down: then we went away, not the caller.
ALTER TABLE incident ADD COLUMN engineer_dropped boolean NOT NULL DEFAULT false;
