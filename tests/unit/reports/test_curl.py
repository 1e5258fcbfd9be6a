"""The printed command sends the request as it was sent: bash and curl run it against a server that records."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest

from contracts.http.exchange import Exchange
from contracts.openapi import Document, load
from contracts.openapi.overlay import PINNED_OVERLAY
from contracts.reports.curl import curl, curl_lines
from contracts.reports.messages import MAX_LINE
from contracts.verdict.witness import Witness
from tests.support.talking import OPERATION, Peer, guarded_session, peer
from tests.support.verdicts import run_on

IDS = (
    "one",
    "a/../b",
    "..x",
    ".hidden",
    "{a,b}[1-3]",
    'it\'s "$HOME" `id` $(id) \\ !x',
    "\0\n\x7f",
    "a\udcff",
    "日本語 %2F #?&",
    "x" * 4_097,
    "木" * 400,
    "".join(chr(0x4E00 + number * 7) for number in range(60)),
)
COMPARED = ("accept", "accept-encoding", "x-api-key", "x-selected-account-id", "prefer")
KEY = "sk-invented-0123456789"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"

needs_curl = pytest.mark.skipif(not (shutil.which("curl") and shutil.which("bash")), reason="curl or bash is missing")


def talk(connection: socket.socket, server: Peer) -> None:
    came = b""
    while not came.endswith(b"\r\n\r\n"):
        came += connection.recv(65536)
    server.requests.append(came)
    connection.sendall(ANSWER)


def essence(request: bytes) -> tuple[bytes, dict[str, str]]:
    """Return the request line, and the fields that decide the answer."""
    line, *fields = request.strip().split(b"\r\n")
    pairs = [field.decode("latin-1").split(": ", 1) for field in fields]
    return line, {name.lower(): value for name, value in pairs if name.lower() in COMPARED}


def asked(name: str) -> Witness:
    """Return the witness of one read."""
    exchanges: list[Exchange] = []
    with peer(talk) as server, guarded_session(server.url, [OPERATION], exchanges.append) as session:
        session.ask(OPERATION, OPERATION.bind((name,)))
    return Witness.of(exchanges[0])


def document() -> Document:
    return load(overlays=[PINNED_OVERLAY])


@needs_curl
@pytest.mark.parametrize("name", IDS, ids=lambda name: quote(name[:12], errors="surrogateescape"))
@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_the_printed_command_sends_the_same_request(name: str, method: str) -> None:
    (operation,) = document().operations
    exchanges: list[Exchange] = []
    with peer(talk) as server:
        options: dict[str, Any] = {"api_key": KEY, "account": "acct-1", "probes": True}
        with guarded_session(server.url, [operation], exchanges.append, **options) as session:
            session.ask(operation, operation.bind((name,)), {"Prefer": "code=422"}, method=method)
        witness, run = Witness.of(exchanges[0]), run_on(document(), sent=document().credentials)
        for command in ("\n".join(f"     {line}" for line in curl_lines(witness, run)), curl(witness, run)):
            if "report.json" in command:
                continue
            variables = {**os.environ, "SGP_API_KEY": KEY, "SGP_ACCOUNT_ID": "acct-1"}
            done = subprocess.run(["bash", "-c", command], env=variables, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
            assert "{}" in done.stdout
            assert KEY not in command
    first, *again = map(essence, server.requests)
    assert again
    assert set(first[1]) == set(COMPARED)
    assert all(each == first for each in again)


@pytest.mark.parametrize("name", IDS, ids=lambda name: quote(name[:12], errors="surrogateescape"))
def test_no_line_of_a_command_is_long(name: str) -> None:
    for line in curl_lines(asked(name), run_on(OPERATION.document)):
        assert len(f"            {line}") <= MAX_LINE


def test_what_fits_on_no_few_lines_is_left_to_the_report() -> None:
    name = "".join(chr(0x4E00 + number * 7) for number in range(800))
    (line,) = curl_lines(asked(name), run_on(OPERATION.document))
    assert "report.json holds it" in line


def test_a_url_of_https_is_asked_by_the_same_version_of_http() -> None:
    witness = asked("one")
    assert "--http1.1" not in curl(witness, run_on(OPERATION.document))
    secure = Witness.from_json(
        {**witness.to_json(), "request": {**witness.request.to_json(), "url": "https://h/things/one"}}
    )
    assert "--http1.1" in curl(secure, run_on(OPERATION.document))


def test_urls_that_were_asked_for_together_go_over_several_short_lines() -> None:
    witness = asked("one")
    others = tuple((f"thing-{number}-{'y' * 80}",) for number in range(7))
    together = replace(witness, request=replace(witness.request, together=others))
    lines = curl_lines(together, run_on(OPERATION.document))
    assert all(len(f"            {line}") <= MAX_LINE for line in lines)
    assert all(line.endswith(" \\") for line in lines[:-1])
    assert " ".join(line.removesuffix("\\").strip() for line in lines) == curl(together, run_on(OPERATION.document))
