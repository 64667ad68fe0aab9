from yoyo.backends.core.postgresql import PostgresqlPsycopgBackend

default_migration_table: str

class Migration:
    id: str
    def process_steps(self, backend: PostgresqlPsycopgBackend, direction: str, force: bool = ...) -> None: ...

class MigrationList: ...

def read_migrations(*sources: str) -> MigrationList: ...
