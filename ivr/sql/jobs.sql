-- defer --
-- A job for the worker, unless the same one waits already.
SELECT procrastinate_defer_jobs_v1(ARRAY[
    ROW('default', %(task)s, %(priority)s, NULL, NULL, %(arguments)s::jsonb, NULL)]::procrastinate_job_to_defer_v1[])
WHERE NOT EXISTS (SELECT FROM procrastinate_jobs WHERE task_name = %(task)s AND args = %(arguments)s::jsonb AND status = 'todo');
