"""Resources whose answers broke a promise, remembered from run to run in one of Hypothesis's own example databases.

Hypothesis saves what makes a test fail; here answers are collected and no example fails, so that is done by hand: under
a key of the operation, the path parameters as JSON. What one machine found, the next one asks for first.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from contracts.document import Operation
from contracts.errors import ConfigurationError
from strategies.resources import sendable

if TYPE_CHECKING:
    from hypothesis.database import ExampleDatabase

Resource = tuple[str, ...]

KEPT: Final = 100
"""So many resources are remembered of one operation."""


def database(where: str) -> ExampleDatabase:
    """The database that an option names: a folder, `redis://host:port/number`, or `github:owner/repository`.

    GitHub's is read only: what a workflow kept as an artifact; new examples go to Hypothesis's usual folder beside it.
    Raises ConfigurationError, in one line, when it cannot be had.
    """
    from hypothesis import database as kinds

    if where.startswith(("redis://", "rediss://")):
        return _redis(where)
    if where.startswith("github:"):
        owner, slash, repository = where.removeprefix("github:").partition("/")
        if not slash or not owner or not repository:
            raise ConfigurationError(f"--example-database {where} names no repository; write github:owner/repository")
        shared = kinds.ReadOnlyDatabase(kinds.GitHubArtifactDatabase(owner, repository))
        return kinds.MultiplexedDatabase(kinds.DirectoryBasedExampleDatabase(Path(".hypothesis", "examples")), shared)
    if "://" in where:
        mend = "name a folder, redis://... or github:owner/repository"
        raise ConfigurationError(f"--example-database {where.partition('://')[0]}:// is not known; {mend}")
    return kinds.DirectoryBasedExampleDatabase(Path(where))


def _redis(where: str) -> ExampleDatabase:
    try:
        import redis
        from hypothesis.extra.redis import RedisExampleDatabase
    except ImportError:
        mend = "pip install 'fine-tuning-job-contract[redis]'"
        raise ConfigurationError(f"--example-database redis://... needs the redis client; {mend}") from None
    try:
        server = redis.Redis.from_url(where)
        server.ping()
    except (redis.RedisError, ValueError) as error:
        place = where.rpartition("@")[2]  # What stands before it may be a password.
        problem = f"does not answer ({type(error).__name__}); is it running there, and the URL right?"
        raise ConfigurationError(f"--example-database {place} {problem}") from None
    return RedisExampleDatabase(server)


@contextmanager
def _reachable() -> Iterator[None]:
    """Tells in one line what a database raises that is gone."""
    client = sys.modules.get("redis")
    gone = (OSError, client.RedisError) if client else (OSError,)
    try:
        yield
    except gone as error:
        problem = f"does not answer any more ({type(error).__name__})"
        raise ConfigurationError(f"--example-database {problem}; is it still running?") from None


class Memory:
    """What is remembered of one operation; raises ConfigurationError where the database cannot be had any more."""

    def __init__(self, kept: ExampleDatabase, operation: Operation) -> None:
        self._kept = kept
        document = operation.document
        self._key = hashlib.sha256(f"{document.title} {operation}".encode()).digest()
        self._size = len(operation.parameters)

    def recall(self) -> tuple[Resource, ...]:
        """The resources remembered, in a stable order."""
        with _reachable():
            found = {each for data in self._kept.fetch(self._key) if (each := self._read(data)) is not None}
        return tuple(sorted(found))[:KEPT]

    def _read(self, data: bytes) -> Resource | None:
        try:
            values = json.loads(data)
        except (ValueError, RecursionError):
            return None
        fits = isinstance(values, list) and len(values) == self._size
        return tuple(values) if fits and all(isinstance(each, str) and sendable(each) for each in values) else None

    def learn(self, broken: Iterable[Resource], kept: Iterable[Resource]) -> None:
        """Remember resources whose answers broke a promise, and forget those that were asked for and kept all."""
        forgotten = set(kept)
        known = set(self.recall()) - forgotten
        # What a database that cannot be written to knows is kept anew beside it: it is the next one's contents.
        wanted = known | set(sorted({*broken} - known)[: KEPT - len(known)])
        with _reachable():
            for each in forgotten - wanted:
                self._kept.delete(self._key, _data(each))
            for each in wanted:
                self._kept.save(self._key, _data(each))
        if not wanted <= set(self.recall()):
            # Hypothesis's own passes over a folder that it cannot write to in silence.
            raise ConfigurationError("--example-database keeps nothing; may it be written to?")


def memories(operations: Iterable[Operation], where: str) -> dict[Operation, Memory]:
    """What is remembered of each operation; nothing of any where no database is named."""
    if not where:
        return {}
    kept = database(where)
    return {operation: Memory(kept, operation) for operation in operations}


def _data(resource: Resource) -> bytes:
    return json.dumps(list(resource)).encode()
