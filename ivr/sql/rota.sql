-- rota --
-- Everything that decides who is on call, in one snapshot. Overrides that were over at "since" are left out; since NULL: none is.
SELECT
    (SELECT coalesce(jsonb_agg(each), '[]') FROM (
        SELECT e.id, e.name, e.position, e.active,
            array(SELECT p.phone FROM engineer_phone p WHERE p.engineer_id = e.id ORDER BY p.position) AS phones
        FROM engineer e ORDER BY e.position, e.id
    ) AS each) AS engineers,
    (SELECT coalesce(jsonb_agg(each), '[]') FROM (SELECT number, together, ring_seconds, ended FROM rota_level ORDER BY number) AS each) AS levels,
    (SELECT coalesce(jsonb_agg(each), '[]') FROM (
        SELECT l.id, l.level, l.name, l.time_zone, l.hand_over, l.weekday, l.hand_over_at, l.valid_from, l.valid_until,
            array(SELECT m.engineer_id FROM rota_layer_member m WHERE m.layer_id = l.id ORDER BY m.position) AS members
        FROM rota_layer l ORDER BY l.level, l.id
    ) AS each) AS layers,
    (SELECT coalesce(jsonb_agg(each), '[]') FROM (
        SELECT id, level, engineer_id, from_at, least(until_at, ended_at) AS until_at, reason FROM rota_override
        WHERE from_at < least(until_at, ended_at) AND (%(since)s::timestamptz IS NULL OR least(until_at, ended_at) > %(since)s)
        ORDER BY from_at, id
    ) AS each) AS overrides;

-- busy_engineers --
-- Who has an incident now and is heard of: the meter writes every 5 s. A talk that a lost node left open keeps nobody from being rung.
SELECT DISTINCT o.engineer_id
FROM incident i JOIN offer o ON o.id = i.accepted_offer_id
WHERE i.status = 'talking' AND o.engineer_id IS NOT NULL AND (
    o.ended_at > now() - interval '60 s'
    OR EXISTS (SELECT FROM talk t WHERE t.offer_id = o.id AND t.ended_at IS NULL AND t.checkpoint_at > now() - interval '30 s')
);

-- set_level --
-- A new level, or other rules for one. NULL leaves what is there; ring_seconds 0 is the settings' own.
INSERT INTO rota_level (number, together, ring_seconds)
VALUES (%(number)s, coalesce(%(together)s, false), nullif(%(ring_seconds)s, 0))
ON CONFLICT (number) DO UPDATE SET
    ended = false,
    together = coalesce(%(together)s, rota_level.together),
    ring_seconds = CASE WHEN %(ring_seconds)s::integer IS NULL THEN rota_level.ring_seconds ELSE nullif(%(ring_seconds)s, 0) END;

-- end_level --
-- Nobody on it is no gap any more. No row when there is no such level.
UPDATE rota_level SET ended = true WHERE number = %(number)s RETURNING number;

-- add_layer --
-- The layer with its level (if that is new) and its members. No row, and no level, when the name is taken.
WITH level AS (
    INSERT INTO rota_level (number) SELECT %(level)s WHERE NOT EXISTS (SELECT FROM rota_layer WHERE name = %(name)s)
    ON CONFLICT (number) DO UPDATE SET ended = false WHERE rota_level.ended
), added AS (
    INSERT INTO rota_layer (level, name, time_zone, hand_over, weekday, hand_over_at, valid_from, valid_until)
    VALUES (%(level)s, %(name)s, %(time_zone)s, %(hand_over)s, %(weekday)s, %(at)s::time, %(valid_from)s::date, %(valid_until)s::date)
    ON CONFLICT (name) DO NOTHING RETURNING id
)
SELECT id, set_layer_members(id, %(members)s::bigint[]) FROM added;

-- change_layer --
-- All of it anew. No row when there is no such layer.
WITH level AS (
    INSERT INTO rota_level (number) VALUES (%(level)s) ON CONFLICT (number) DO UPDATE SET ended = false WHERE rota_level.ended
), changed AS (
    UPDATE rota_layer SET level = %(level)s, name = %(name)s, time_zone = %(time_zone)s, hand_over = %(hand_over)s,
        weekday = %(weekday)s, hand_over_at = %(at)s::time, valid_from = %(valid_from)s::date, valid_until = %(valid_until)s::date
    WHERE id = %(layer_id)s RETURNING id
)
SELECT id, set_layer_members(id, %(members)s::bigint[]) FROM changed;

-- add_override --
-- The same row again when it is asked for twice.
INSERT INTO rota_override (level, engineer_id, from_at, until_at, reason, request)
VALUES (%(level)s, %(engineer_id)s, %(since)s::timestamptz, %(until)s::timestamptz, %(reason)s, %(request)s)
ON CONFLICT (request) DO UPDATE SET request = excluded.request
RETURNING id;

-- end_override --
-- Over from that moment on; never longer than it was. No row when there is no such override.
UPDATE rota_override SET ended_at = least(ended_at, %(at)s::timestamptz) WHERE id = %(override_id)s RETURNING id;

-- add_engineer --
-- With the phones. position NULL: behind everybody.
WITH added AS (
    INSERT INTO engineer (name, position, request)
    VALUES (%(name)s, coalesce(%(position)s, (SELECT coalesce(max(position), 0) + 1 FROM engineer)), %(request)s)
    ON CONFLICT (request) DO UPDATE SET request = excluded.request RETURNING id
)
SELECT id, set_engineer_phones(id, %(phones)s::text[]) FROM added;

-- change_engineer --
-- All of it anew. No row when there is no such engineer.
WITH changed AS (
    UPDATE engineer SET name = %(name)s, position = %(position)s, active = %(active)s WHERE id = %(engineer_id)s RETURNING id
)
SELECT id, set_engineer_phones(id, %(phones)s::text[]) FROM changed;
