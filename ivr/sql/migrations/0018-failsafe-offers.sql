-- Failsafe phones are offered an incident like engineers, and an offer may end because the caller leaves a message instead.

-- failsafe: what the phone is called on the timeline; it belongs to nobody in the records.
ALTER TABLE offer
    ALTER COLUMN engineer_id DROP NOT NULL,
    ADD COLUMN failsafe text CHECK (failsafe <> ''),
    ADD CONSTRAINT offer_whose CHECK ((engineer_id IS NULL) = (failsafe IS NOT NULL)),
    DROP CONSTRAINT offer_result_check,
    ADD CONSTRAINT offer_result_check CHECK (result IN (
        'accepted', 'declined', 'busy', 'no_answer', 'not_accepted', 'unreachable', 'taken', 'caller_gone', 'message'));

CREATE OR REPLACE FUNCTION offer_words(offer bigint) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object('offer', o.id, 'engineer', coalesce(e.name, o.failsafe), 'phone', o.phone)
    FROM offer o LEFT JOIN engineer e ON e.id = o.engineer_id WHERE o.id = offer_words.offer
$$;
