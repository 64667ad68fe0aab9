"""What breaks in a scenario: a program that stops, hangs or is killed, and records that are down."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

from tests.e2e.stage import Stage


class Faults(Stage):
    """Each is over when its block is, or is mended by the stack itself."""

    @contextmanager
    def stopped(self, program: str) -> Iterator[None]:
        """The program does not run inside the block."""
        self.stack.stop_program(program)
        try:
            yield
        finally:
            self.stack.start_program(program)
            self.wait_ready()

    @contextmanager
    def hung(self, program: str) -> Iterator[None]:
        """The program takes connections and never answers inside the block."""
        self.stack.signal(program, signal.SIGSTOP)
        try:
            yield
        finally:
            self.stack.signal(program, signal.SIGCONT)

    def kill(self, program: str) -> None:
        """SIGKILL; supervisord starts it again."""
        self.stack.signal(program, signal.SIGKILL)

    def terminate(self, program: str) -> None:
        """SIGTERM: finishes what it does, then supervisord starts it again."""
        self.stack.signal(program, signal.SIGTERM)

    @contextmanager
    def second_serve(self) -> Iterator[None]:
        """Another serve on the same node inside the block."""
        self.stack.start_program("serve2")
        try:
            yield
        finally:
            self.stack.stop_program("serve2")

    @contextmanager
    def database_stopped(self) -> Iterator[None]:
        """The records refuse every connection inside the block, as if their server were down."""
        self.stack.postgres.cut(self.stack.database)
        try:
            yield
        finally:
            self.stack.postgres.mend(self.stack.database)
            self.wait_ready()
