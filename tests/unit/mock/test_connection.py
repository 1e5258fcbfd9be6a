"""Many connections are served at once, in order on each, and none of them holds up another."""

from __future__ import annotations

import asyncio
import itertools
import resource
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import pytest

from contracts.http.exchange import Response
from contracts.openapi import Operation
from strategies.mock.answering import Asked, Catalogue, Change, Raw
from strategies.mock.server import MockServer
from tests.support.trees import connect, converse, get, parse

AT_ONCE = 1000


@pytest.fixture
def many_files() -> Iterator[None]:
    """Enough open files for both ends of all connections."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(before[0], min(before[1], 4 * AT_ONCE)), before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.usefixtures("many_files")
def test_a_thousand_connections_at_once_are_kept_and_answered_by_one_thread(
    operations: dict[Operation, Catalogue],
) -> None:
    before, everyone_is_there = threading.active_count(), asyncio.Event()

    async def read_twice(port: int, opened: list[object]) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        opened.append(writer)
        if len(opened) == AT_ONCE:
            everyone_is_there.set()
        await everyone_is_there.wait()
        for _ in range(2):
            writer.write(get("/trees/oak"))
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200 OK\r\n")
            assert await reader.readexactly(len(b'{"tree": "oak"}')) == b'{"tree": "oak"}'
        assert threading.active_count() == before + 1
        writer.close()
        await writer.wait_closed()

    async def read_all(port: int) -> None:
        opened: list[object] = []
        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(read_twice(port, opened))

    with MockServer(operations) as server:
        asyncio.run(read_all(int(server.url.rpartition(":")[2])))
    assert server.seen.total() == 2 * AT_ONCE


def test_an_answer_that_waits_holds_up_no_other_connection(operations: dict[Operation, Catalogue]) -> None:
    async def wait_for_ever(asked: Asked, response: Response) -> Response:
        if asked.target.endswith("oak"):
            await asyncio.Event().wait()
        return response

    with MockServer(operations, changes=[wait_for_ever]) as server, connect(server) as waiting:
        waiting.sendall(get("/trees/oak"))
        assert parse(converse(server, get("/trees/elm", "Connection: close"))).status == 410


def test_pipelined_requests_are_answered_in_their_order_though_the_first_ones_wait(
    operations: dict[Operation, Catalogue],
) -> None:
    turns = itertools.count()

    async def wait(response: Response) -> Response:
        await asyncio.sleep(0.01)
        return response

    with MockServer(
        operations, changes=[lambda asked, response: wait(response) if next(turns) < 2 else response]
    ) as server:
        names = ["oak", "elm", "ash", "yew"]
        requests = [get(f"/trees/{name}") for name in names]
        raw = converse(server, *requests, get("/trees/last", "Connection: close"))
    found = [raw.find(f'"{name}"'.encode()) for name in [*names, "last"]]
    assert -1 not in found
    assert found == sorted(found)


def test_a_request_that_comes_byte_by_byte_is_read(server: MockServer) -> None:
    with connect(server) as client:
        for byte in get("/trees/oak", "Connection: close"):
            client.sendall(bytes([byte]))
        raw = b"".join(iter(lambda: client.recv(65536), b""))
    assert parse(raw).status == 200


def test_changes_behind_one_that_waits_are_applied_to_its_answer(operations: dict[Operation, Catalogue]) -> None:
    async def first(asked: Asked, response: Response) -> Response:
        await asyncio.sleep(0)
        return replace(response, body=b'"first')

    def second(asked: Asked, response: Response) -> Response:
        return replace(response, body=response.body + b' second"')

    with MockServer(operations, changes=[first, second, first, second]) as server:
        assert parse(converse(server, get("/trees/oak", "Connection: close"))).text == '"first second"'


def test_a_client_that_does_not_read_an_endless_body_holds_up_no_other(operations: dict[Operation, Catalogue]) -> None:
    sent = itertools.count()

    def endless(asked: Asked, response: Response) -> Response | Raw:
        body = (b" " * 65536 for _ in sent)
        return body if asked.target.endswith("endless") else response

    with MockServer(operations, changes=[endless]) as server, connect(server) as slow:
        slow.sendall(get("/trees/endless"))
        slow.recv(1)
        for _ in range(20):
            assert parse(converse(server, get("/trees/oak", "Connection: close"))).status == 200
    # What fills the buffers of both ends, and no more, was taken from the body.
    assert next(sent) < 1_000


def test_a_client_that_sends_on_and_does_not_read_is_answered_when_it_does(
    operations: dict[Operation, Catalogue],
) -> None:
    large = b'{"tree": "%b"}' % (b"x" * 500_000)
    change = [lambda asked, response: replace(response, body=large)]
    with MockServer(operations, changes=change) as server, connect(server) as client:
        client.sendall(get("/trees/oak") * 100 + get("/trees/oak", "Connection: close"))
        raw = b"".join(iter(lambda: client.recv(1 << 20), b""))
    assert raw.count(large) == 101


def test_bytes_that_are_waited_for_are_sent_as_they_come(operations: dict[Operation, Catalogue]) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for piece in (b"HTTP/1.1 200 OK\r\n", b"Content-Length: 2\r\n\r\n", b"{}"):
            yield piece
            await asyncio.sleep(0.001)

    with MockServer(operations, changes=[lambda asked, response: pieces()]) as server:
        assert parse(converse(server, get("/trees/oak"))).text == "{}"


def test_a_client_that_closes_its_half_gets_its_answers(operations: dict[Operation, Catalogue]) -> None:
    async def late(asked: Asked, response: Response) -> Response:
        await asyncio.sleep(0.01)
        return response

    for change in (late, lambda asked, response: response):
        with MockServer(operations, changes=[change]) as server, connect(server) as client:
            client.sendall(get("/trees/oak") * 2)
            client.shutdown(1)
            raw = b"".join(iter(lambda: client.recv(65536), b""))
        assert raw.count(b'{"tree": "oak"}') == 2


@pytest.mark.parametrize(
    "fields", [("Upgrade: h2c", "Connection: Upgrade"), ("Upgrade: websocket", "Connection: upgrade")]
)
def test_an_upgrade_that_is_asked_for_is_not_made(server: MockServer, fields: tuple[str, ...]) -> None:
    raw = converse(server, get("/trees/oak", *fields), get("/trees/oak", "Connection: close"))
    assert raw.count(b"HTTP/1.1 200 OK\r\n") == 2


def test_what_is_sent_is_logged_with_its_status_and_nothing_is_logged_of_a_request_beyond(
    operations: dict[Operation, Catalogue],
) -> None:
    logged: list[tuple[str, int]] = []

    def cut(asked: Asked, response: Response) -> Response | Raw:
        return [b"raw"] if asked.target.endswith("elm") else response

    def log(asked: Asked | None, status: int) -> None:
        logged.append((asked.target if asked else "", status))

    with MockServer(operations, changes=[cut], log=log) as server:
        for sent in (get("/trees/oak", "Connection: close"), get("/trees/elm"), b"nothing\r\n"):
            converse(server, sent)
    assert logged == [("/trees/oak", 200), ("/trees/elm", 0), ("", 400)]


def fail(asked: Asked, response: Response) -> Response:
    if asked.target.endswith("elm"):
        raise RuntimeError("a fault of the change")
    return response


async def fail_later(asked: Asked, response: Response) -> Response:
    await asyncio.sleep(0)
    return fail(asked, response)


@pytest.mark.parametrize("change", [fail, fail_later])
def test_a_fault_of_a_change_is_reported_and_ends_its_connection_alone(
    operations: dict[Operation, Catalogue], caplog: pytest.LogCaptureFixture, change: Change
) -> None:
    with MockServer(operations, changes=[change]) as server:
        assert converse(server, get("/trees/elm")) == b""
        assert parse(converse(server, get("/trees/oak", "Connection: close"))).status == 200
    assert "a fault of the change" in caplog.text
