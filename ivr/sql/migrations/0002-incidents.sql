-- Incidents, their calls, legs, offers, talks and the timeline.

CREATE TABLE incident (
    id bigint GENERATED ALWAYS AS IDENTITY (START WITH 1001) PRIMARY KEY,
    status text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'connecting', 'talking', 'ended')),
    reason text CHECK (reason IN (
        'resolved', 'stabilised', 'time_expired', 'caller_stopped', 'no_engineer', 'refused', 'abandoned', 'engineer_lost')),
    began_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at timestamptz,
    end_request uuid,
    consent text CHECK (consent IN ('given', 'refused', 'none')),
    consent_at timestamptz,
    rate_id bigint REFERENCES rate,
    prompt_version text,
    price_ms integer CHECK (price_ms >= 0),
    customer_id bigint REFERENCES customer,
    identified_at timestamptz,
    identified_how text,
    cover text CHECK (cover IN ('agreement', 'unpaid')),
    agreement_id bigint REFERENCES agreement,
    seconds_left integer CHECK (seconds_left >= 0),
    ending text CHECK (ending IN ('resolved', 'stabilised', 'time_expired', 'caller_stopped')),
    accepted_offer_id bigint,
    CHECK ((status = 'ended') = (reason IS NOT NULL)),
    CHECK ((status = 'talking') <= (accepted_offer_id IS NOT NULL))
);
CREATE INDEX incident_not_ended ON incident (id) WHERE status <> 'ended';
CREATE INDEX incident_agreement ON incident (agreement_id) WHERE agreement_id IS NOT NULL;

CREATE TABLE call (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    incident_id bigint NOT NULL REFERENCES incident,
    caller_id text,
    began_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX call_incident ON call (incident_id);

-- uniqueid: the engineer's channel id, which we choose before ringing.
-- request: the client's key, so that a repeated insert finds the first.
CREATE TABLE offer (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    incident_id bigint NOT NULL REFERENCES incident,
    engineer_id bigint NOT NULL REFERENCES engineer,
    phone text NOT NULL,
    uniqueid text NOT NULL UNIQUE GENERATED ALWAYS AS ('ess-offer-' || id::text) STORED,
    channel text,
    made_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    result text CHECK (result IN (
        'accepted', 'declined', 'busy', 'no_answer', 'not_accepted', 'unreachable', 'taken', 'caller_gone')),
    ended_at timestamptz,
    request uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    CHECK ((result IS NULL) = (ended_at IS NULL))
);
CREATE INDEX offer_incident ON offer (incident_id);
ALTER TABLE incident ADD FOREIGN KEY (accepted_offer_id) REFERENCES offer;

CREATE TABLE leg (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uniqueid text NOT NULL UNIQUE,
    channel text NOT NULL,
    role text NOT NULL CHECK (role IN ('caller', 'engineer')),
    incident_id bigint NOT NULL REFERENCES incident,
    call_id bigint REFERENCES call,
    offer_id bigint REFERENCES offer,
    began_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at timestamptz,
    cause integer,
    CHECK ((role = 'caller') = (call_id IS NOT NULL)),
    CHECK ((role = 'engineer') = (offer_id IS NOT NULL))
);
CREATE INDEX leg_incident ON leg (incident_id);

-- started_monotonic: CLOCK_MONOTONIC in seconds, comparable only within one boot of one machine (boot_id).
-- seconds: talked so far, as of checkpoint_at; what counts when the node is lost.
CREATE TABLE talk (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    incident_id bigint NOT NULL REFERENCES incident,
    offer_id bigint NOT NULL REFERENCES offer,
    caller_uniqueid text NOT NULL,
    bridge text NOT NULL,
    started_monotonic double precision NOT NULL,
    boot_id text NOT NULL,
    seconds double precision NOT NULL DEFAULT 0 CHECK (seconds >= 0),
    began_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    checkpoint_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at timestamptz
);
CREATE UNIQUE INDEX talk_open ON talk (offer_id, bridge) WHERE ended_at IS NULL;
CREATE INDEX talk_incident ON talk (incident_id);

CREATE TABLE incident_event (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    incident_id bigint NOT NULL REFERENCES incident,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    kind text NOT NULL CHECK (kind <> ''),
    detail jsonb NOT NULL DEFAULT '{}',
    request uuid UNIQUE
);
CREATE INDEX incident_event_incident ON incident_event (incident_id, at, id);
