"""The API key of a session is sent to the target, and shown nowhere else."""

from __future__ import annotations

import pickle
import traceback
from typing import Any

import pytest
import requests

from contracts.errors import ConfigurationError
from contracts.http.api_key import REDACTED, check_api_key
from contracts.http.exchange import Response
from contracts.http.framing import framing_flaws
from tests.support.talking import KEY, Talk, guarded_session, http, once, resetting, saying, silent, talking


def test_masking_the_key_in_a_message_moves_no_other_byte() -> None:
    with talking(saying(http(KEY.encode())), api_key=KEY) as (observed, _):
        outcome = observed.ask()
        assert KEY.encode() not in outcome.message
        assert not list(framing_flaws(outcome.message))


def test_the_key_is_sent_and_shown_nowhere_else() -> None:
    with talking(saying(http()), api_key=KEY) as (observed, server):
        observed.ask()
        answer = observed.session.get(server.url + "/things/two")
        for request in server.requests:
            assert request.count(KEY.encode()) == 1
            assert f"\r\nx-api-key: {KEY}\r\n".encode() in request
        shown = [
            observed.exchanges,
            observed.session.__dict__,
            answer.request.headers,
            answer.__dict__,
            observed.session.adapters,
        ]
        assert KEY not in repr(shown)
        assert KEY.encode() not in pickle.dumps(answer.request)


def test_a_key_that_a_server_sends_back_is_not_kept() -> None:
    echo = http(f'{{"id": "{KEY}"}}'.encode(), f"X-Echo: {KEY}")
    with talking(saying(echo), api_key=KEY) as (observed, _):
        assert KEY not in repr(observed.ask())


@pytest.mark.parametrize("talk", [resetting, silent, saying(b"nonsense\r\n")])
def test_the_key_is_in_no_failure(talk: Talk) -> None:
    with talking(talk, api_key=KEY, timeout=0.2) as (observed, server):
        assert KEY not in repr(observed.ask())
        with pytest.raises(requests.RequestException) as caught:
            observed.session.get(server.url + "/things/x")
        assert caught.value.request is not None
        assert KEY not in repr(caught.value) + repr(caught.value.request.headers)
        assert server.requests


@pytest.mark.parametrize("key", ["a\nb", "a\r\nX: y", "schlüssel-geheim", "\0geheim", "🔑geheim", " ", "a\x7fgeheim"])
def test_a_key_that_no_header_can_hold_is_refused_and_not_repeated(key: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        check_api_key(key, "THE_KEY")
    assert "geheim" not in str(caught.value)
    with pytest.raises(ConfigurationError):
        guarded_session("https://example.invalid", (), print, api_key=key)


def test_white_space_around_a_key_is_not_sent() -> None:
    assert check_api_key(f" {KEY}\n", "THE_KEY") == KEY
    with talking(saying(http()), api_key=KEY + "\n") as (observed, server):
        observed.ask()
        assert f"x-api-key: {KEY}\r\n".encode() in server.requests[0]


@pytest.mark.parametrize("host", ["example.invalid", "10.0.0.1", "localhost.example.invalid", "[::2]", "0.0.0.0"])
def test_the_key_is_not_sent_in_clear_text_to_another_machine(host: str) -> None:
    with pytest.raises(ConfigurationError, match="clear text"):
        guarded_session(f"http://{host}", (), print, api_key=KEY)
    guarded_session(f"https://{host}", (), print, api_key=KEY).close()
    guarded_session(f"http://{host}", (), print).close()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST", "[::1]"])
def test_the_key_may_be_sent_in_clear_text_to_this_machine(host: str) -> None:
    guarded_session(f"http://{host}:1", (), print, api_key=KEY).close()


def test_the_key_may_be_sent_in_clear_text_if_that_is_allowed() -> None:
    guarded_session("http://10.0.0.1", (), print, api_key=KEY, plain_http_key=True).close()


@pytest.mark.parametrize(
    "data",
    [
        http(f'{{"id": "{KEY}"}}'.encode(), f"X-Echo: {KEY}"),
        http(KEY.encode(), status=f"200 {KEY}"),
        KEY.encode() + b"\r\n\r\n",
        b"HTTP/1.1 " + KEY.encode() + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + KEY.encode() + b"\r\n",
        http(KEY.encode() * 100),
        http(b"{}", f"{KEY}: x", f"X-{KEY}: {KEY}"),
        http(b"{}", f"X-Echo: {KEY.upper()}"),
        http(KEY.encode()).replace(b"Length: 22", b"Length: 21"),
        http(b"{}") + KEY[1:].encode(),
    ],
    ids=range(10),
)
def test_a_key_that_is_sent_back_does_not_reach_another_library(data: bytes) -> None:
    with talking(once(data), api_key=KEY, max_body=999) as (observed, server):
        try:
            answer = observed.session.get(server.url + "/things/x")
            shown = [answer.headers, answer.text, answer.reason, answer.raw.headers, answer.raw.reason]
        except requests.RequestException as error:
            formatted = traceback.TracebackException.from_exception(error, capture_locals=True)
            inside = [
                frame.locals for frame in formatted.stack[1:]
            ]  # The first one is this test's, which knows the key.
            shown = [inside, error.args, error.__context__, error.__cause__]
        assert KEY[1:-1] not in (repr(shown) + repr(observed.exchanges)).lower()


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("user:invented-0123456789", "user:invented-0123456789"),
        ("user:invented-0123456789", "user: invented-0123456789"),
        ("user: invented-0123456789", "user: invented-0123456789"),
        ("user:x", "user:x"),
    ],
)
def test_a_key_that_looks_like_a_header_is_in_no_header(key: str, line: str) -> None:
    with talking(once(http(b"{}", line, "X-A: b")), api_key=key) as (observed, _):
        outcome = observed.ask()
    assert isinstance(outcome, Response)
    assert (REDACTED, REDACTED) in outcome.headers
    assert ("X-A", "b") in outcome.headers
    assert "user" not in repr(outcome)


def test_a_traceback_has_no_frame_that_holds_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: Any, *args: Any, **options: Any) -> None:
        raise MemoryError

    with talking(saying(http()), api_key=KEY) as (observed, _):
        monkeypatch.setattr("http.client.HTTPConnection.send", fail)
        with pytest.raises(MemoryError) as caught:
            observed.ask()
        formatted = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
        assert KEY not in "".join(formatted.format())
        assert {frame.name for frame in formatted.stack}.isdisjoint({"putheader", "urlopen", "send"})


@pytest.mark.parametrize("where", ["__call__", "overwrite", "text"])
@pytest.mark.parametrize("error", [MemoryError, KeyboardInterrupt])
def test_a_traceback_of_failed_masking_does_not_show_the_key(
    monkeypatch: pytest.MonkeyPatch, where: str, error: type[BaseException]
) -> None:
    def fail(self: Any, data: Any) -> None:
        raise error

    with talking(saying(http(KEY.encode(), f"X-Echo: {KEY}")), api_key=KEY) as (observed, _):
        monkeypatch.setattr(f"contracts.http.api_key.Mask.{where}", fail)
        with pytest.raises(error) as caught:
            observed.ask()
        formatted = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
        # The first frame is this test's, which knows the key.
        assert KEY not in repr([frame.locals for frame in formatted.stack[1:]])
        names = [frame.name for frame in formatted.stack]
        assert "ask" in names
        assert "fail" not in names
