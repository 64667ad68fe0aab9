-- follow_ups --
-- Work that is left of stabilised incidents, oldest first; the open ones, or all; of one incident, or of every one.
SELECT f.incident_id, c.account, c.name AS customer, first_call.caller_id, f.created_at, f.note, f.done_at, f.done_by
FROM follow_up f LEFT JOIN customer c ON c.id = f.customer_id
LEFT JOIN LATERAL (SELECT caller_id FROM call WHERE incident_id = f.incident_id ORDER BY id LIMIT 1) first_call ON true
WHERE (%(done_too)s OR f.done_at IS NULL) AND coalesce(f.incident_id = %(incident_id)s::bigint, true)
ORDER BY f.created_at, f.incident_id;

-- follow_up_done --
-- Repeated by the same person it changes nothing; done by somebody else it is refused by the rule of the table.
WITH known AS (
    SELECT incident_id FROM follow_up WHERE incident_id = %(incident_id)s AND done_by = %(by)s
), done AS (
    UPDATE follow_up SET done_at = clock_timestamp(), done_by = %(by)s, note = %(note)s
    WHERE incident_id = %(incident_id)s AND NOT EXISTS (SELECT FROM known) RETURNING incident_id
)
SELECT incident_id FROM done UNION ALL SELECT incident_id FROM known;
