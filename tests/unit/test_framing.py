"""Messages as HTTP/1.1 has them, and every way to break one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.framing import flaws

OK = b"HTTP/1.1 200 OK\r\n"
SIZED = OK + b"Content-Length: 2\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
EARLY = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"

SOUND = {
    "sized": SIZED + b"\r\n{}",
    "no body": OK + b"Content-Length: 0\r\n\r\n",
    "until the end": OK + b"Connection: close\r\n\r\n{}",
    "chunks": CHUNKED + b"1\r\n{\r\n01\r\n}\r\n0\r\n\r\n",
    "extensions": CHUNKED + b'2;a=b;c="d"\r\n{}\r\n0;e\r\n\r\n',
    "trailers": CHUNKED + b"2\r\n{}\r\n0\r\nX-Sum: 1\r\nX-More:\r\n\r\n",
    "no reason": b"HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\n{}",
    "an odd reason": b"HTTP/1.0 200 Tr\xe8s bien\r\nContent-Length: 2\r\n\r\n{}",
    "blanks around a value": OK + b"content-LENGTH:\t 2 \t\r\nX-Empty:\r\nX-Latin: \xe9\r\n\r\n{}",
    "a coding in capitals": OK + b"Transfer-Encoding: Chunked\r\n\r\n0\r\n\r\n",
    "early hints": EARLY + b"HTTP/1.1 100 Continue\r\n\r\n" + SIZED + b"\r\n{}",
    "no content": b"HTTP/1.1 204 No Content\r\n\r\n",
    "not modified": b"HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n",
    "nothing": b"",
    "no HTTP": b"SSH-2.0-OpenSSH\r\n\r\n",
}

BROKEN = [
    ("framing.head", "no-colon", SIZED + b"broken\r\n\r\n{}"),
    ("framing.head", "blank-before-colon", SIZED + b"X-A : 1\r\n\r\n{}"),
    ("framing.head", "folded", SIZED + b"X-A: 1\r\n 2\r\n\r\n{}"),
    ("framing.head", "folded", OK + b" X-A: 1\r\nContent-Length: 2\r\n\r\n{}"),
    ("framing.head", "control", SIZED + b"X-A: \0\r\n\r\n{}"),
    ("framing.head", "control", SIZED + b"X-A: a\rb\r\n\r\n{}"),
    ("framing.head", "name", SIZED + b"X(A): 1\r\n\r\n{}"),
    ("framing.head", "name", SIZED + b": 1\r\n\r\n{}"),
    ("framing.head", "line-end", b"HTTP/1.1 200 OK\nContent-Length: 2\n\n{}"),
    ("framing.head", "status-line", b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\n{}"),
    ("framing.head", "status-line", b"HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\n{}"),
    ("framing.head", "no-colon", EARLY.replace(b":", b"", 1) + SIZED + b"\r\n{}"),
    ("framing.length", "differing", SIZED + b"Content-Length: 3\r\n\r\n{}"),
    ("framing.length", "differing", OK + b"Content-Length: 2, 3\r\n\r\n{}"),
    ("framing.length", "repeated", SIZED + b"Content-Length: 2\r\n\r\n{}"),
    ("framing.length", "repeated", OK + b"Content-Length: 2, 2\r\n\r\n{}"),
    ("framing.length", "malformed", OK + b"Content-Length: many\r\n\r\n{}"),
    ("framing.length", "malformed", OK + b"Content-Length: -2\r\n\r\n{}"),
    ("framing.length", "malformed", OK + b"Content-Length: +2\r\n\r\n{}"),
    ("framing.length", "malformed", OK + b"Content-Length: 1_0\r\n\r\n{}"),
    ("framing.length", "malformed", OK + b"Content-Length: \xb2\r\n\r\n{}"),
    ("framing.length", "malformed", OK + b"Content-Length:\r\n\r\n{}"),
    ("framing.length", "both", SIZED + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"),
    ("framing.transfer-coding", "unknown", OK + b"Transfer-Encoding: broken\r\n\r\n{}"),
    ("framing.transfer-coding", "unknown", OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n{}"),
    ("framing.transfer-coding", "old", CHUNKED.replace(b"1.1", b"1.0") + b"0\r\n\r\n"),
    ("framing.transfer-coding", "bodiless", b"HTTP/1.1 204 -\r\nTransfer-Encoding: chunked\r\n\r\n"),
    ("framing.body", "body", b"HTTP/1.1 204 No Content\r\n\r\n{}"),
    ("framing.body", "body", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\n{}"),
    ("framing.body", "length", b"HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n{}"),
    ("framing.body", "length", b"HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n"),
    ("framing.surplus", "", SIZED + b"\r\n{}junk"),
    ("framing.surplus", "", SIZED + b"\r\n{}\r\n"),
    ("framing.surplus", "", SIZED + b"\r\n{}" + SIZED + b"\r\n{}"),
    ("framing.surplus", "", CHUNKED + b"0\r\n\r\njunk"),
    ("framing.surplus", "", b"junk" + SIZED + b"\r\n{}"),
    ("framing.chunked", "size", CHUNKED + b"zz\r\n{}\r\n0\r\n\r\n"),
    ("framing.chunked", "size", CHUNKED + b"{}"),
    ("framing.chunked", "size", CHUNKED + b"1\r\n{\r\n\r\n\r\n"),
    ("framing.chunked", "end", CHUNKED + b"2\r\n{}0\r\n\r\n"),
    ("framing.chunked", "end", CHUNKED + b"1\r\n{}\r\n0\r\n\r\n"),
    ("framing.chunked", "trailer", CHUNKED + b"0\r\nbroken\r\n\r\n"),
    ("transport.cut", "", OK + b"Content-Le"),
    ("transport.cut", "", OK),
    ("transport.cut", "", SIZED + b"\r\n{"),
    ("transport.cut", "", CHUNKED),
    ("transport.cut", "", CHUNKED + b"2\r\n{"),
    ("transport.cut", "", CHUNKED + b"2\r\n{}\r\n"),
    ("transport.cut", "", CHUNKED + b"2\r\n{}\r\n0\r\n"),
]


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_message_has_no_flaw(name: str) -> None:
    assert list(flaws(SOUND[name])) == []


@pytest.mark.parametrize(("rule", "kind", "message"), BROKEN)
def test_a_broken_message_has_one_flaw_of_its_kind(rule: str, kind: str, message: bytes) -> None:
    assert [(flaw.rule, flaw.kind) for flaw in flaws(message)] == [(rule, kind)]


@given(st.one_of(st.binary(), st.binary().map(CHUNKED.__add__), st.binary().map(OK.__add__)))
def test_no_message_is_too_odd_to_be_judged(message: bytes) -> None:
    for flaw in flaws(message):
        assert flaw.rule.startswith(("framing.", "transport.cut"))


@given(st.lists(st.binary(min_size=1)), st.binary())
def test_whatever_is_chunked_right_has_no_flaw_and_what_is_behind_is_surplus(parts: list[bytes], behind: bytes) -> None:
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts)
    found = list(flaws(CHUNKED + chunks + b"0\r\n\r\n" + behind))
    assert [flaw.rule for flaw in found] == ["framing.surplus"] * bool(behind)
