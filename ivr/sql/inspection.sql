-- applied_migrations --
-- What `ivr migrate` has done to this database.
SELECT migration_id FROM _yoyo_migration ORDER BY migration_id;

-- worker --
-- How long ago any worker was heard (NULL: never), and how many jobs should have begun over two minutes ago.
SELECT (SELECT clock_timestamp() - max(last_heartbeat) FROM procrastinate_workers) AS seen,
       (SELECT count(*) FROM procrastinate_jobs job
        WHERE job.status = 'todo' AND coalesce(job.scheduled_at, '-infinity') < clock_timestamp() - interval '2 minutes'
          AND EXISTS (SELECT FROM procrastinate_events event
                      WHERE event.job_id = job.id AND event.type = 'deferred' AND event.at < clock_timestamp() - interval '2 minutes')) AS late;

-- payments_heard --
-- The last ten payments at Stripe of over ten minutes and under seven days ago, and of how many of them a webhook told.
SELECT count(*) AS payments, count(*) FILTER (WHERE EXISTS (SELECT FROM webhook_event heard WHERE heard.intent_id = late.intent_id)) AS heard
FROM (SELECT intent_id FROM hold
      WHERE intent_id IS NOT NULL AND created_at BETWEEN clock_timestamp() - interval '7 days' AND clock_timestamp() - interval '10 minutes'
      ORDER BY created_at DESC LIMIT 10) late;
