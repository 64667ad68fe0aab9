-- begin_message --
-- A caller is about to speak; the same row again for the same request.
WITH made AS (
    INSERT INTO message (incident_id, node, request) VALUES (%(incident_id)s, %(node)s, %(request)s)
    ON CONFLICT (request) DO NOTHING RETURNING id, incident_id, file, node, began_at, seconds, heard_at, heard_by
)
SELECT * FROM made UNION ALL
SELECT id, incident_id, file, node, began_at, seconds, heard_at, heard_by FROM message WHERE request = %(request)s;

-- message_recorded --
-- How long it became; the first who says so counts.
UPDATE message SET seconds = %(seconds)s WHERE id = %(message_id)s AND seconds IS NULL;

-- messages --
-- The newest first, of one incident or of all, with who called.
SELECT m.id, m.incident_id, m.file, m.node, m.began_at, m.seconds, m.heard_at, m.heard_by, first_call.caller_id,
    c.account, c.name AS customer
FROM message m JOIN incident i ON i.id = m.incident_id LEFT JOIN customer c ON c.id = i.customer_id
LEFT JOIN LATERAL (SELECT caller_id FROM call WHERE incident_id = i.id ORDER BY id DESC LIMIT 1) first_call ON true
WHERE (%(incident_id)s::bigint IS NULL OR m.incident_id = %(incident_id)s) AND (NOT %(unheard)s OR m.heard_at IS NULL)
ORDER BY m.id DESC LIMIT %(limit)s;

-- messages_heard --
-- Somebody has heard all that was recorded for an incident; how many that were.
UPDATE message SET heard_at = clock_timestamp(), heard_by = %(by)s WHERE incident_id = %(incident_id)s AND heard_at IS NULL RETURNING id;

-- unmeasured_messages --
-- On this machine's disk, and nobody records them any more: their caller's leg is over, or they began too long ago to go on.
SELECT m.id, m.incident_id, m.file, m.node, m.began_at, m.seconds, m.heard_at, m.heard_by
FROM message m
WHERE m.seconds IS NULL AND m.node = %(node)s AND (
    m.began_at < now() - %(longest)s * interval '1 second'
    OR NOT EXISTS (SELECT FROM leg WHERE leg.incident_id = m.incident_id AND role = 'caller' AND ended_at IS NULL)
)
ORDER BY m.id;

-- page_news --
-- What a page says of an incident.
SELECT i.id AS incident_id, i.status, i.category, i.trunk_claim, coalesce(c.account, claimed.account) AS account, c.id IS NOT NULL AS verified,
    last_call.caller_id, said.seconds AS message_seconds
FROM incident i LEFT JOIN customer c ON c.id = i.customer_id LEFT JOIN customer claimed ON claimed.id = i.claimed_id
LEFT JOIN LATERAL (SELECT caller_id FROM call WHERE incident_id = i.id ORDER BY id DESC LIMIT 1) last_call ON true
LEFT JOIN LATERAL (SELECT seconds FROM message WHERE incident_id = i.id AND seconds > 0 ORDER BY id DESC LIMIT 1) said ON true
WHERE i.id = %(incident_id)s;

-- page_addresses --
-- Where the active engineers are paged; all of them without a list.
SELECT name, page_urls FROM engineer
WHERE active AND page_urls <> '{}' AND (%(engineers)s::bigint[] IS NULL OR id = ANY (%(engineers)s::bigint[])) ORDER BY id;

-- rung_engineers --
-- Who is being rung for an incident now.
SELECT DISTINCT engineer_id AS id FROM offer WHERE incident_id = %(incident_id)s AND result IS NULL AND engineer_id IS NOT NULL;

-- set_page_urls --
-- Where an engineer is paged.
UPDATE engineer SET page_urls = %(urls)s WHERE id = %(engineer_id)s RETURNING id;

-- claim_page --
-- One row when this page is ours to send: nobody has sent it, and nobody is at it.
INSERT INTO page (incident_id, occasion, recipient, who, claimed_until)
VALUES (%(incident_id)s, %(occasion)s, %(recipient)s, %(who)s, clock_timestamp() + %(seconds)s * interval '1 second')
ON CONFLICT (incident_id, occasion, recipient) DO UPDATE SET claimed_until = EXCLUDED.claimed_until
WHERE page.sent_at IS NULL AND page.claimed_until < clock_timestamp()
RETURNING incident_id;

-- page_is_sent --
SELECT sent_at IS NOT NULL AS sent FROM page
WHERE incident_id = %(incident_id)s AND occasion = %(occasion)s AND recipient = %(recipient)s;

-- page_sent --
UPDATE page SET sent_at = clock_timestamp()
WHERE incident_id = %(incident_id)s AND occasion = %(occasion)s AND recipient = %(recipient)s AND sent_at IS NULL;

-- page_failed --
-- Whoever tries next need not wait for the claim to lapse.
UPDATE page SET claimed_until = clock_timestamp()
WHERE incident_id = %(incident_id)s AND occasion = %(occasion)s AND recipient = %(recipient)s AND sent_at IS NULL;
