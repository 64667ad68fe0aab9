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
