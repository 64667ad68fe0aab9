-- terms --
-- The agreements of a customer, or one, or the one that covers an incident, as they are now. "version" changes with the row.
SELECT a.id, a.xmin::text AS version, a.starts_at, a.ends_at, a.covers_emergencies, a.minutes, a.period, a.anchor, a.zone, a.carry_over,
    now() AS at
FROM agreement a
WHERE a.customer_id = %(customer_id)s::bigint OR a.id = %(agreement_id)s::bigint
    OR a.id = (SELECT agreement_id FROM incident WHERE id = %(incident_id)s::bigint AND cover = 'agreement')
ORDER BY a.ends_at, a.id;

-- spent --
-- Seconds spent of an agreement in each period between these bounds, and how many of the last are reserved by calls that go on.
SELECT spent_in_periods(%(agreement_id)s, %(bounds)s::timestamptz[]) AS seconds,
    coalesce((SELECT sum(r.spent) FROM reservation_now r WHERE r.agreement_id = %(agreement_id)s AND NOT r.closed
        AND r.at >= %(start)s::timestamptz AND r.at < %(end)s::timestamptz), 0)::bigint AS reserved;

-- reserve --
SELECT granted FROM reserve_minutes(%(incident_id)s, %(agreement_id)s, %(version)s, %(bounds)s::timestamptz[], %(before)s::bigint[],
    %(allotted)s, %(enough)s, %(most)s);

-- extend --
SELECT granted FROM extend_minutes(%(incident_id)s, %(agreement_id)s, %(version)s, %(bounds)s::timestamptz[], %(before)s::bigint[],
    %(allotted)s, %(most)s, %(known)s);
