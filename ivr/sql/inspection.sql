-- applied_migrations --
-- What `ivr migrate` has done to this database.
SELECT migration_id FROM _yoyo_migration ORDER BY migration_id;
