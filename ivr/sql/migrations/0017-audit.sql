-- Who entered what, and when: a line for each change of what an administrator enters. Phones that may not call. Customers who left.

CREATE TABLE audit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    who text NOT NULL,
    action text NOT NULL CHECK (action IN ('add', 'change', 'remove')),
    entity text NOT NULL,
    key text NOT NULL,
    before jsonb,
    after jsonb,
    CHECK ((action = 'add') = (before IS NULL) AND (action = 'remove') = (after IS NULL))
);
CREATE INDEX audit_key ON audit (key, id);

CREATE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM forbid(format('the audit is append only: %s refused', TG_OP));
    RETURN NULL;
END
$$;
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only();

-- Secrets by their columns' names: whether there is one and whether it changed, never what it is (a page's URL holds a token).
CREATE FUNCTION audit_safe(one jsonb, earlier jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT jsonb_object_agg(name, CASE
        WHEN name !~ '(hash|secret|token|password|page|url)' OR value IN ('null', '[]', '{}', '""') THEN value
        WHEN value IS DISTINCT FROM coalesce(earlier -> name, value) THEN '"changed"'
        ELSE '"set"' END)
    FROM jsonb_each(one) AS columns (name, value)
$$;

-- The arguments are the columns that name the row; without any it is the customer's account. Rows of a customer get the account too,
-- so that everything of one customer is found by it.
CREATE FUNCTION audit_row() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    was jsonb := to_jsonb(OLD);
    became jsonb := to_jsonb(NEW);
    either jsonb := coalesce(became, was);
    owner jsonb := '{}';
    named text;
BEGIN
    IF was = became THEN
        RETURN NULL;
    END IF;
    IF either ? 'customer_id' THEN
        owner := jsonb_build_object('account', (SELECT account FROM customer WHERE id = (either ->> 'customer_id')::bigint));
    END IF;
    SELECT string_agg(either ->> part, '/' ORDER BY place) INTO named FROM unnest(TG_ARGV) WITH ORDINALITY AS parts (part, place);
    INSERT INTO audit (who, action, entity, key, before, after) VALUES (
        coalesce(nullif(current_setting('ivr.actor', true), ''), session_user),
        CASE TG_OP WHEN 'INSERT' THEN 'add' WHEN 'UPDATE' THEN 'change' ELSE 'remove' END,
        TG_TABLE_NAME,
        coalesce(named, owner ->> 'account', either ->> 'customer_id'),
        audit_safe(was || owner, NULL),
        audit_safe(became || owner, was)
    );
    RETURN NULL;
END
$$;

-- closed_at: the customer left. He is recognised no more; his incidents stand.
ALTER TABLE customer ADD COLUMN closed_at timestamptz;

-- until: the first moment at which the phone may call again; NULL is for good. by: who blocked it.
CREATE TABLE blocked_caller (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    phone text NOT NULL CHECK (phone ~ '^\+[1-9][0-9]{6,14}$'),
    reason text NOT NULL CHECK (reason <> ''),
    since timestamptz NOT NULL DEFAULT now(),
    until timestamptz CHECK (until >= since),
    by text NOT NULL
);
CREATE INDEX blocked_caller_phone ON blocked_caller (phone);

-- For later tables too: SELECT audited('its name', 'the columns that name a row').
CREATE FUNCTION audited(entity text, VARIADIC names text[] DEFAULT '{}') RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TRIGGER audit_row AFTER INSERT OR UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION audit_row(%s)',
        entity, (SELECT string_agg(quote_literal(name), ', ') FROM unnest(names) AS names (name)));
END
$$;
DO $$
BEGIN
    PERFORM audited('customer', 'account');
    PERFORM audited('customer_phone');
    PERFORM audited('agreement', 'id');
    PERFORM audited('rate', 'id');
    PERFORM audited('blocked_caller', 'phone');
    PERFORM audited('engineer', 'id');
    PERFORM audited('engineer_phone', 'engineer_id');
    PERFORM audited('rota_level', 'number');
    PERFORM audited('rota_layer', 'id');
    PERFORM audited('rota_layer_member', 'layer_id');
    PERFORM audited('rota_override', 'id');
END
$$;
