"""Memory keeps resources whose answers broke a promise, from run to run: in a folder, in memory, in a real Redis."""

from __future__ import annotations

import itertools
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.database import (
    DirectoryBasedExampleDatabase,
    ExampleDatabase,
    InMemoryExampleDatabase,
    ReadOnlyDatabase,
)

from contracts.errors import ConfigurationError
from strategies import memory
from strategies.ids.resources import sendable
from strategies.memory import MAX_KEPT, Memory, database
from tests.support.tiny import document_of

(OPERATION,) = document_of(path="/things/{thing}/parts/{part}").operations
(OTHER,) = document_of(path="/others/{thing}/parts/{part}").operations

values = st.text(
    st.characters(exclude_categories=["Cs"]) | st.characters(min_codepoint=0xDC80, max_codepoint=0xDCFF)
).filter(sendable)
"""Values of path parameters: text, and bytes that are not UTF-8 as `surrogateescape` holds them."""

resources = st.tuples(values, values)
few = st.frozensets(resources, max_size=8)


Made = Callable[[], ExampleDatabase]


@pytest.fixture(scope="module", params=["memory", "folder"])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Made:
    if request.param == "memory":
        return InMemoryExampleDatabase
    folder, numbers = tmp_path_factory.mktemp("examples"), itertools.count()
    return lambda: DirectoryBasedExampleDatabase(folder / str(next(numbers)))


@given(before=few, broken=few, kept=few)
def test_broken_resources_are_remembered_and_sound_ones_forgotten(
    made: Made, before: frozenset[tuple[str, str]], broken: frozenset[tuple[str, str]], kept: frozenset[tuple[str, str]]
) -> None:
    remembered = Memory(made(), OPERATION)
    remembered.learn(before, ())
    remembered.learn(broken, kept)
    assert remembered.recall() == tuple(sorted((before - kept) | broken))


@given(broken=few)
def test_a_resource_learnt_twice_or_by_another_machine_is_remembered_once(
    made: Made, broken: frozenset[tuple[str, str]]
) -> None:
    kept = made()
    for machine in (Memory(kept, OPERATION), Memory(kept, OPERATION)):
        machine.learn(broken, ())
        machine.learn(broken, ())
    assert Memory(kept, OPERATION).recall() == tuple(sorted(broken))


@given(broken=few)
def test_operations_do_not_share_their_memory(broken: frozenset[tuple[str, str]]) -> None:
    kept = InMemoryExampleDatabase()
    Memory(kept, OPERATION).learn(broken, ())
    assert Memory(kept, OTHER).recall() == ()


@given(known=st.integers(0, MAX_KEPT), more=st.integers(0, MAX_KEPT + 5))
def test_memory_is_limited_and_keeps_the_resources_it_had_before(known: int, more: int) -> None:
    remembered = Memory(InMemoryExampleDatabase(), OPERATION)
    old = {("old", f"{number:03}") for number in range(known)}
    remembered.learn(old, ())
    remembered.learn([("new", f"{number:03}") for number in range(more)], ())
    recalled = remembered.recall()
    assert len(recalled) == min(MAX_KEPT, known + more)
    assert old <= {*recalled}


@given(data=st.lists(st.binary(max_size=20)))
def test_data_that_is_no_resource_is_ignored(data: list[bytes]) -> None:
    kept = InMemoryExampleDatabase()
    remembered = Memory(kept, OPERATION)
    remembered.learn([("a", "b")], ())
    (key,) = kept.data
    for each in (
        *data,
        b'["a"]',
        b'["a", "b", "c"]',
        b'["a", 1]',
        b'{"a": "b"}',
        b'["a", "."]',
        b'["", "b"]',
        b"null",
        b"\xff",
        b"[" * 100_000,
    ):
        kept.save(key, each)
    assert remembered.recall() == (("a", "b"),)


def test_resources_of_a_read_only_database_are_copied_to_the_writable_one_beside_it() -> None:
    from hypothesis.database import MultiplexedDatabase

    shared, own = InMemoryExampleDatabase(), InMemoryExampleDatabase()
    Memory(shared, OPERATION).learn([("still", "broken"), ("fixed", "now")], ())
    both = Memory(MultiplexedDatabase(own, ReadOnlyDatabase(shared)), OPERATION)
    both.learn([("new", "one")], [("fixed", "now")])
    assert Memory(own, OPERATION).recall() == (("new", "one"), ("still", "broken"))


def test_an_artifact_of_github_is_read_and_never_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("hypothesis.database.GitHubArtifactDatabase.fetch", lambda self, key: iter(()))
    remembered = Memory(database("github:owner/repository"), OPERATION)
    remembered.learn([("a", "b")], [("c", "d")])
    assert remembered.recall() == (("a", "b"),)


@pytest.mark.parametrize(
    ("where", "problem"),
    [
        ("github:owner", "--example-database github:owner names no repository; write github:owner/repository"),
        ("github:/repository", "names no repository"),
        ("github:owner/", "names no repository"),
        ("s3://bucket/key", "--example-database s3:// is not known; name a folder, redis://... or github:owner"),
        ("redis://:secret@127.0.0.1:1/0", "--example-database 127.0.0.1:1/0 does not answer (ConnectionError); is it"),
        ("redis://127.0.0.1:port", "--example-database redis://127.0.0.1:port does not answer (ValueError); is it"),
    ],
)
def test_an_option_that_names_no_database_is_refused_in_one_line(where: str, problem: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        database(where)
    assert problem in str(raised.value)
    assert "secret" not in str(raised.value)


def test_redis_without_its_client_is_refused_with_the_fix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "redis", None)
    with pytest.raises(
        ConfigurationError, match=r"needs the redis client; pip install 'fine-tuning-job-contract\[redis\]'"
    ):
        database("redis://127.0.0.1")


def test_a_folder_that_cannot_be_written_to_is_reported(tmp_path: Path) -> None:
    file = tmp_path / "a file"
    file.write_text("")
    with pytest.raises(ConfigurationError, match="--example-database keeps nothing; may it be written to"):
        Memory(database(str(file)), OPERATION).learn([("a", "b")], ())


def test_without_a_database_there_is_no_memory() -> None:
    assert memory.memories([OPERATION], "") == {}


@pytest.fixture
def redis_port() -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    server = shutil.which("redis-server")
    if server is None:
        pytest.skip("needs redis-server")
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    words = [server, "--port", str(port), "--save", "", "--bind", "127.0.0.1", "--daemonize", "no"]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as process:
        assert process.stdout
        # The server takes connections once it has written this line.
        assert any(b"Ready to accept connections" in line for line in process.stdout)
        yield port, process
        process.kill()


def test_machines_share_a_redis_and_its_loss_is_reported(redis_port: tuple[int, subprocess.Popen[bytes]]) -> None:
    port, process = redis_port
    here, there = (memory.memories([OPERATION], f"redis://127.0.0.1:{port}/3")[OPERATION] for _ in range(2))
    here.learn([("a", "\udcff"), ("b", "c")], ())
    assert there.recall() == (("a", "\udcff"), ("b", "c"))
    there.learn([], [("b", "c")])
    assert here.recall() == (("a", "\udcff"),)
    process.kill()
    process.wait()
    for use in (here.recall, lambda: here.learn([("d", "e")], ())):
        with pytest.raises(ConfigurationError, match="--example-database does not answer any more"):
            use()
