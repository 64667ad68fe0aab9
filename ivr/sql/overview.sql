-- overview --
-- The whole hotline in figures, for metrics: what, which of them, how many. One statement, so one deadline. It counts all of the past.
-- to_engineer: how many incidents had their engineer within so many seconds of the 9; the sum is to_engineer_seconds.
WITH first_talk AS (
    SELECT incident_id, min(began_at) AS at FROM talk GROUP BY incident_id
), arrived AS (
    SELECT extract(epoch FROM t.at - i.began_at)::float8 AS seconds FROM first_talk t JOIN incident i ON i.id = t.incident_id
), reached AS MATERIALIZED (
    SELECT width_bucket(seconds, %(buckets)s::float8[]) AS place, count(*) AS incidents, sum(seconds) AS seconds FROM arrived GROUP BY place
), unmoved AS (
    SELECT h.amount_cents, h.currency, extract(epoch FROM now() - h.created_at) AS seconds,
        i.status = 'ended' AND i.ended_at < now() - interval '10 minutes' AS late
    FROM hold h JOIN incident i ON i.id = h.incident_id WHERE h.status NOT IN ('captured', 'released', 'expired')
)
SELECT 'ended' AS what, reason AS which, count(*)::float8 AS value FROM incident WHERE status = 'ended' GROUP BY reason
UNION ALL SELECT 'open', status, count(*) FROM incident WHERE status <> 'ended' GROUP BY status
UNION ALL SELECT 'to_engineer', b.seconds::text, (SELECT coalesce(sum(incidents), 0) FROM reached r WHERE r.place < b.place)
    FROM unnest(%(buckets)s::float8[]) WITH ORDINALITY AS b (seconds, place)
UNION ALL SELECT 'to_engineer', '+Inf', coalesce(sum(incidents), 0) FROM reached
UNION ALL SELECT 'to_engineer_seconds', '', coalesce(sum(seconds), 0) FROM reached
UNION ALL SELECT 'offers', result, count(*) FROM offer WHERE result IS NOT NULL GROUP BY result
UNION ALL SELECT 'holds', CASE WHEN seconds < 3600 THEN 'under_1h' WHEN seconds < 86400 THEN 'under_1d' WHEN seconds < 345600 THEN 'under_4d'
    ELSE 'over_4d' END AS age, count(*) FROM unmoved GROUP BY age
UNION ALL SELECT 'held_cents', currency::text, sum(amount_cents) FROM unmoved GROUP BY currency
UNION ALL SELECT 'holds_late', '', count(*) FILTER (WHERE late) FROM unmoved
UNION ALL SELECT 'captures_failed', '', count(*) FROM hold WHERE status = 'expired'
UNION ALL SELECT 'debts', reason, count(*) FROM debt WHERE settled_at IS NULL GROUP BY reason
UNION ALL SELECT 'messages_unheard', '', count(*) FROM message WHERE heard_at IS NULL;

-- queue_now --
-- The worker and its jobs, in the same form. Cheap: successful jobs are deleted.
WITH waiting AS (
    SELECT extract(epoch FROM now() - coalesce(j.scheduled_at, (
        SELECT max(e.at) FROM procrastinate_events e WHERE e.job_id = j.id AND e.type IN ('deferred', 'retried')), now()))::float8 AS seconds
    FROM procrastinate_jobs j WHERE j.status = 'todo'
)
SELECT 'jobs' AS what, status::text AS which, count(*)::float8 AS value FROM procrastinate_jobs GROUP BY status
UNION ALL SELECT 'jobs_late', '', count(*) FILTER (WHERE seconds > 60) FROM waiting
UNION ALL SELECT 'jobs_late_seconds', '', coalesce(max(seconds) FILTER (WHERE seconds > 0), 0) FROM waiting
UNION ALL SELECT 'workers', '', count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - interval '30 seconds';
