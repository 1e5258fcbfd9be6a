"""Remember resources whose answers broke a promise, from run to run, in one of Hypothesis's example databases.

Hypothesis saves the examples of failed tests by itself. Here answers are collected and no test fails, so the path
parameters are saved by hand, as JSON under a key of the operation. The next run, on any machine, asks for them first.
Hides the kinds of databases and their errors.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from contracts.openapi import ConfigurationError, Operation, Resource
from strategies.ids import sendable

if TYPE_CHECKING:
    from hypothesis.database import ExampleDatabase


MAX_KEPT: Final = 100
"""How many resources of one operation are remembered."""


def database(where: str) -> ExampleDatabase:
    """Return the database that an option names: a folder, `redis://host:port/number`, or `github:owner/repository`.

    GitHub's holds the artifact of a workflow and is read only; new examples go to Hypothesis's usual folder besides.
    Raises ConfigurationError, in one line, if the database cannot be opened.
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
        fix = "name a folder, redis://... or github:owner/repository"
        raise ConfigurationError(f"--example-database {where.partition('://')[0]}:// is not known; {fix}")
    return kinds.DirectoryBasedExampleDatabase(Path(where))


def _redis(where: str) -> ExampleDatabase:
    try:
        import redis
        from hypothesis.extra.redis import RedisExampleDatabase
    except ImportError:
        fix = "pip install 'fine-tuning-job-contract[redis]'"
        raise ConfigurationError(f"--example-database redis://... needs the redis client; {fix}") from None
    try:
        server = redis.Redis.from_url(where)
        server.ping()
    except (redis.RedisError, ValueError) as error:
        place = where.rpartition("@")[2]  # The part before it may hold a password.
        problem = f"does not answer ({type(error).__name__}); is it running there, and the URL right?"
        raise ConfigurationError(f"--example-database {place} {problem}") from None
    return RedisExampleDatabase(server)


@contextmanager
def _reachable() -> Iterator[None]:
    """Raise ConfigurationError, in one line, if the database can no longer be reached."""
    client = sys.modules.get("redis")
    gone = (OSError, client.RedisError) if client else (OSError,)
    try:
        yield
    except gone as error:
        problem = f"does not answer any more ({type(error).__name__})"
        raise ConfigurationError(f"--example-database {problem}; is it still running?") from None


class Memory:
    """The memory of one operation. Every method raises ConfigurationError if the database can no longer be reached."""

    def __init__(self, kept: ExampleDatabase, operation: Operation) -> None:
        self._kept = kept
        document = operation.document
        self._key = hashlib.sha256(f"{document.title} {operation}".encode()).digest()
        self._size = len(operation.parameters)

    def recall(self) -> tuple[Resource, ...]:
        """Return the resources remembered, in a stable order."""
        with _reachable():
            found = {each for data in self._kept.fetch(self._key) if (each := self._read(data)) is not None}
        return tuple(sorted(found))[:MAX_KEPT]

    def _read(self, data: bytes) -> Resource | None:
        try:
            values = json.loads(data)
        except (ValueError, RecursionError):
            return None
        fits = isinstance(values, list) and len(values) == self._size
        return tuple(values) if fits and all(isinstance(each, str) and sendable(each) for each in values) else None

    def learn(self, broken: Iterable[Resource], kept: Iterable[Resource]) -> None:
        """Remember resources whose answers broke a promise, and forget those whose answers kept all of them."""
        forgotten = set(kept)
        known = set(self.recall()) - forgotten
        # A database that is read only keeps its contents for the next run in the writable one beside it.
        wanted = known | set(sorted({*broken} - known)[: MAX_KEPT - len(known)])
        with _reachable():
            for each in forgotten - wanted:
                self._kept.delete(self._key, _data(each))
            for each in wanted:
                self._kept.save(self._key, _data(each))
        if not wanted <= set(self.recall()):
            # Hypothesis says nothing about a folder that it cannot write to.
            raise ConfigurationError("--example-database keeps nothing; may it be written to?")


def memories(operations: Iterable[Operation], where: str) -> dict[Operation, Memory]:
    """Return the memory of every operation; none if no database is named."""
    if not where:
        return {}
    kept = database(where)
    return {operation: Memory(kept, operation) for operation in operations}


def _data(resource: Resource) -> bytes:
    return json.dumps(list(resource)).encode()
