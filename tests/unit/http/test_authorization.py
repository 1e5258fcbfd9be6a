"""Credentials go out where the document says, and come back nowhere."""

from __future__ import annotations

import base64
import logging
import socket
from typing import Any

import pytest

from contracts.errors import TargetError
from contracts.http.api_key import REDACTED, Secret
from contracts.http.authorization import CredentialValue, KeySource
from contracts.http.exchange import Response
from contracts.openapi import ConfigurationError, Credential
from tests.support.talking import OPERATION, Peer, heard, http, saying, session_to, talking

TOKEN = "invented-token-0123456789"
LOGIN = "me:invented-password/+"
BASIC = base64.b64encode(LOGIN.encode()).decode()


def value(name: str, text: str, place: str = "header", scheme: str = "", *, is_secret: bool = True) -> CredentialValue:
    return CredentialValue(Credential(name, "VARIABLE", place, scheme, is_secret), Secret(text))


SENT = [
    (value("X-Key", TOKEN), f"X-Key: {TOKEN}"),
    (value("Authorization", TOKEN, scheme="bearer"), f"Authorization: Bearer {TOKEN}"),
    (value("Authorization", LOGIN, scheme="basic"), f"Authorization: Basic {BASIC}"),
    (value("session", TOKEN, "cookie"), f"Cookie: session={TOKEN}"),
    (value("api key", LOGIN, "query"), "GET /things/one?api%20key=me%3Ainvented-password%2F%2B HTTP/1.1"),
]


@pytest.mark.parametrize(("credential", "line"), SENT, ids=[line.split(":")[0] for _, line in SENT])
def test_a_credential_is_sent_where_it_belongs_and_masked_wherever_it_comes_back(
    credential: CredentialValue, line: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    def echo(connection: socket.socket, server: Peer) -> None:
        while heard(connection, server):
            head = server.requests[-1].replace(b"\r\n", b" ").strip()
            connection.sendall(
                http(head, "X-Echo: " + head.decode(), "Location: /?a=" + head.decode().replace(" ", "%20"))
            )

    with talking(echo, credentials=(credential,)) as (observed, server):
        outcome = observed.ask()
        assert line.encode() in server.requests[0]
        assert isinstance(outcome, Response)
        (exchange,) = observed.exchanges
        shown = repr(exchange) + caplog.text + repr(observed.session.headers) + repr(outcome.message)
        assert REDACTED in shown
        for secret in (TOKEN, LOGIN, BASIC, "invented-password", "me%3Ainvented"):
            assert secret not in shown
        assert exchange.request.url == f"{server.url}/things/one"


def test_a_failure_shows_no_credential_of_the_query() -> None:
    def breaking(connection: socket.socket, server: Peer) -> None:
        heard(connection, server)
        connection.sendall(b"HTTP/1.1 " + server.requests[-1].split(b" ")[1] + b"\r\n\r\n")

    with talking(breaking, credentials=(value("key", TOKEN, "query"),)) as (observed, _):
        observed.ask()
        assert TOKEN not in repr(observed.exchanges)


def test_what_is_no_secret_is_shown_and_a_short_header_value_masks_nothing() -> None:
    credentials = (
        value("X-Shop", "shop-of-mine", is_secret=False),
        value("X-Debug", "1"),
        value("X-Tenant", "tenant", scheme="none"),
    )
    body = b'{"shop": "shop-of-mine", "id": "tenant-1"}'
    with talking(saying(http(body)), credentials=credentials) as (observed, server):
        outcome = observed.ask()
        assert b"X-Shop: shop-of-mine\r\n" in server.requests[0]
        assert b"X-Debug: 1\r\n" in server.requests[0]
        assert isinstance(outcome, Response)
        assert outcome.body == body


def test_a_request_says_who_sends_it() -> None:
    with talking(saying(http())) as (observed, server):
        observed.ask()
        assert b"User-Agent: fine-tuning-job-contract" in server.requests[0]


# A key that is renewed.


def only(accepted: list[bytes], uses: int) -> object:
    """Let in a key of `accepted` so many times, then the next one; answer 401 otherwise."""
    left = [uses]

    def talk(connection: socket.socket, server: Peer) -> None:
        while heard(connection, server):
            is_key = bool(accepted) and b"X-Key: " + accepted[0] in server.requests[-1]
            connection.sendall(http() if is_key else http(b"{}", status="401 No"))
            if is_key:
                left[0] -= 1
                if not left[0]:
                    del accepted[0]
                    left[0] = uses

    return talk


def test_a_key_that_runs_out_is_renewed_and_the_run_goes_on_as_if_nothing_had_happened() -> None:
    keys = [b"key-number-1", b"key-number-2", b"key-number-3"]
    fresh = iter(["key-number-2", "key-number-3"])
    source = KeySource(lambda: value("X-Key", next(fresh)))
    options: dict[str, Any] = {"credentials": (value("X-Key", "key-number-1"),), "key_source": source}
    with talking(only(keys, 3), **options) as (observed, _):  # type: ignore[arg-type]
        outcomes = [observed.ask() for _ in range(9)]
        assert [outcome.status for outcome in outcomes if isinstance(outcome, Response)] == [200] * 9
        assert [exchange.previous_attempts for exchange in observed.exchanges] == [()] * 9


def test_a_new_key_that_changes_nothing_is_got_more_and_more_rarely() -> None:
    got: list[int] = []

    def renew() -> CredentialValue:
        got.append(1)
        return value("X-Key", TOKEN)

    def talk(connection: socket.socket, server: Peer) -> None:
        while heard(connection, server):
            mine = server.paths[-1].endswith("/mine")
            connection.sendall(http() if mine else http(b"{}", status="401 No"))

    with talking(talk, credentials=(value("X-Key", TOKEN),), key_source=KeySource(renew)) as (observed, _):
        observed.ask("theirs")
        assert not got
        for _ in range(15):
            observed.ask("mine")
            observed.ask("theirs")
        assert len(got) == 4


def test_a_command_that_gives_no_other_key_ends_the_session_with_its_reason() -> None:
    def renew() -> CredentialValue:
        raise ConfigurationError("--key-command 'vault' printed nothing; it has to print the key alone")

    answers = saying(http(), http(b"{}", status="401 No"))
    with talking(answers, credentials=(value("X-Key", TOKEN),), key_source=KeySource(renew)) as (observed, _):
        observed.ask()
        with pytest.raises(
            TargetError, match="does not take the key any more, and --key-command 'vault' printed nothing"
        ):
            observed.session.ask(OPERATION, {"thing": "two"})


def test_a_session_that_is_opened_later_sends_the_renewed_key() -> None:
    source = KeySource(lambda: value("X-Key", "key-number-2"))
    options: dict[str, Any] = {"credentials": (value("X-Key", "key-number-1"),), "key_source": source}
    with talking(only([b"key-number-1", b"key-number-2"], 2), **options) as (observed, server):  # type: ignore[arg-type]
        for _ in range(3):
            observed.ask()
        observed.session.drop_connection()
        with session_to(server.url, **options) as later:
            outcome = later.ask()
            assert isinstance(outcome, Response)
            assert outcome.status == 200
