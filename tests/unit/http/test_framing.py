"""Valid HTTP/1.1 messages have no flaw, and every broken one has its own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.http.framing import FramingFlaw, framing_flaws

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
    "hexadecimal sizes": CHUNKED + b"A\r\n0123456789\r\n10\r\n0123456789abcdef\r\n0\r\n\r\n",
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
    (("framing.head", "head", "no-colon", "broken"), SIZED + b"broken\r\n\r\n{}"),
    (("framing.head", "head", "blank-before-colon", "X-A : 1"), SIZED + b"X-A : 1\r\n\r\n{}"),
    (("framing.head", "head", "folded", " 2"), SIZED + b"X-A: 1\r\n 2\r\n\r\n{}"),
    (("framing.head", "head", "folded", " X-A: 1"), OK + b" X-A: 1\r\nContent-Length: 2\r\n\r\n{}"),
    (("framing.head", "head", "control", "X-A: \x00"), SIZED + b"X-A: \0\r\n\r\n{}"),
    (("framing.head", "head", "control", "X-A: a\rb"), SIZED + b"X-A: a\rb\r\n\r\n{}"),
    (("framing.head", "head", "name", "X(A): 1"), SIZED + b"X(A): 1\r\n\r\n{}"),
    (("framing.head", "head", "name", ": 1"), SIZED + b": 1\r\n\r\n{}"),
    (("framing.head", "head", "line-end", "LF without CR"), b"HTTP/1.1 200 OK\nContent-Length: 2\n\n{}"),
    (("framing.head", "head", "status-line", "HTTP/1.1 200"), b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\n{}"),
    (("framing.head", "head", "status-line", "HTTP/2.0 200 OK"), b"HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\n{}"),
    (("framing.head", "head", "no-colon", "Link </a>"), EARLY.replace(b":", b"", 1) + SIZED + b"\r\n{}"),
    (("framing.length", "head", "differing", "Content-Length: 2, 3"), SIZED + b"Content-Length: 3\r\n\r\n{}"),
    (("framing.length", "head", "differing", "Content-Length: 2, 3"), OK + b"Content-Length: 2, 3\r\n\r\n{}"),
    (("framing.length", "head", "repeated", "Content-Length: 2, 2"), SIZED + b"Content-Length: 2\r\n\r\n{}"),
    (("framing.length", "head", "repeated", "Content-Length: 2, 2"), OK + b"Content-Length: 2, 2\r\n\r\n{}"),
    (("framing.length", "head", "malformed", "Content-Length: many"), OK + b"Content-Length: many\r\n\r\n{}"),
    (("framing.length", "head", "malformed", "Content-Length: -2"), OK + b"Content-Length: -2\r\n\r\n{}"),
    (("framing.length", "head", "malformed", "Content-Length: +2"), OK + b"Content-Length: +2\r\n\r\n{}"),
    (("framing.length", "head", "malformed", "Content-Length: 1_0"), OK + b"Content-Length: 1_0\r\n\r\n{}"),
    (("framing.length", "head", "malformed", "Content-Length: ²"), OK + b"Content-Length: \xb2\r\n\r\n{}"),
    (("framing.length", "head", "malformed", "Content-Length: "), OK + b"Content-Length:\r\n\r\n{}"),
    (
        ("framing.length", "head", "both", "Content-Length: 2 beside Transfer-Encoding"),
        SIZED + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    ),
    (
        ("framing.transfer-coding", "head", "unknown", "Transfer-Encoding: broken"),
        OK + b"Transfer-Encoding: broken\r\n\r\n{}",
    ),
    (
        ("framing.transfer-coding", "head", "unknown", "Transfer-Encoding: gzip, chunked"),
        OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n{}",
    ),
    (
        ("framing.transfer-coding", "head", "old", "Transfer-Encoding: chunked"),
        CHUNKED.replace(b"1.1", b"1.0") + b"0\r\n\r\n",
    ),
    (
        ("framing.transfer-coding", "head", "bodiless", "Transfer-Encoding: chunked"),
        b"HTTP/1.1 204 -\r\nTransfer-Encoding: chunked\r\n\r\n",
    ),
    (("framing.body", "message", "body", "{}"), b"HTTP/1.1 204 No Content\r\n\r\n{}"),
    (("framing.body", "message", "body", "{}"), b"HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\n{}"),
    (
        ("framing.body", "head", "length", "Content-Length: 2"),
        b"HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n{}",
    ),
    (("framing.body", "head", "length", "Content-Length: 2"), b"HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n"),
    (("framing.surplus", "message", "", "junk"), SIZED + b"\r\n{}junk"),
    (("framing.surplus", "message", "", "\r\n"), SIZED + b"\r\n{}\r\n"),
    (
        ("framing.surplus", "message", "", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"),
        SIZED + b"\r\n{}" + SIZED + b"\r\n{}",
    ),
    (("framing.surplus", "message", "", "junk"), CHUNKED + b"0\r\n\r\njunk"),
    (("framing.surplus", "message", "", "junk"), b"junk" + SIZED + b"\r\n{}"),
    (("framing.chunked", "message", "size", "zz\r\n{}\r\n0\r\n\r\n"), CHUNKED + b"zz\r\n{}\r\n0\r\n\r\n"),
    (("framing.chunked", "message", "size", "{}"), CHUNKED + b"{}"),
    (("framing.chunked", "message", "size", "\r\n\r\n"), CHUNKED + b"1\r\n{\r\n\r\n\r\n"),
    (("framing.chunked", "message", "end", "0\r\n\r\n"), CHUNKED + b"2\r\n{}0\r\n\r\n"),
    (("framing.chunked", "message", "end", "}\r\n0\r\n\r\n"), CHUNKED + b"1\r\n{}\r\n0\r\n\r\n"),
    (("framing.chunked", "message", "trailer", "broken"), CHUNKED + b"0\r\nbroken\r\n\r\n"),
    (("transport.cut", "transport", "", "the empty line behind the head is missing"), OK + b"Content-Le"),
    (("transport.cut", "transport", "", "the empty line behind the head is missing"), OK),
    (("transport.cut", "transport", "", "1 of 2 bytes"), SIZED + b"\r\n{"),
    (("transport.cut", "transport", "", "the last chunk is missing"), CHUNKED),
    (("transport.cut", "transport", "", "1 of 2 bytes of a chunk"), CHUNKED + b"2\r\n{"),
    (("transport.cut", "transport", "", "the last chunk is missing"), CHUNKED + b"2\r\n{}\r\n"),
    (
        ("transport.cut", "transport", "", "the empty line behind the last chunk is missing"),
        CHUNKED + b"2\r\n{}\r\n0\r\n",
    ),
    (("framing.head", "head", "folded", "\tX-A: 1"), OK + b"\tX-A: 1\r\nContent-Length: 2\r\n\r\n{}"),
    (("framing.head", "head", "blank-before-colon", "X-A : 1:2"), SIZED + b"X-A : 1:2\r\n\r\n{}"),
    (("framing.head", "head", "blank-before-colon", "X-A\t: 1"), SIZED + b"X-A\t: 1\r\n\r\n{}"),
    (("framing.head", "head", "name", "X-A\x0b: 1"), SIZED + b"X-A\x0b: 1\r\n\r\n{}"),
    (("framing.head", "head", "control", "X-X: \x00"), SIZED + b"X-X: \0\r\n\r\n{}"),
    (("framing.head", "head", "line-end", "LF without CR"), OK + b"Content-Length: 2\r\n\n{}"),
    (("framing.head", "head", "status-line", "HTTP/1.1 OK"), b"HTTP/1.1 OK\r\nContent-Length: 2\r\n\r\n{}"),
    (("framing.length", "head", "malformed", "Content-Length: 2X"), OK + b"Content-Length: 2X\r\n\r\n{}"),
    (
        ("framing.length", "head", "malformed", "Content-Length: many"),
        b"HTTP/1.1 204 -\r\nContent-Length: many\r\n\r\n",
    ),
    (("framing.body", "message", "body", "{}"), b"HTTP/1.1 101 Switching Protocols\r\n\r\n{}"),
    (("framing.surplus", "message", "", "j"), CHUNKED + b"0\r\n\r\nj"),
    (("framing.surplus", "message", "", "j" * 40), SIZED + b"\r\n{}" + b"j" * 40),
    (("framing.surplus", "message", "", "j" * 40 + "… (41 bytes)"), SIZED + b"\r\n{}" + b"j" * 41),
    (("framing.surplus", "message", "", "\\xff"), SIZED + b"\r\n{}\xff"),
    (("transport.cut", "transport", "", "1 of 2 bytes"), EARLY + SIZED + b"\r\n{"),
    (("transport.cut", "transport", "", "1 of 2 bytes"), b"HTTP/1.1 100 Continue\r\n\r\n" + SIZED + b"\r\n{"),
    (("transport.cut", "transport", "", "the last chunk is missing"), CHUNKED + b"aF"),
    (("transport.cut", "transport", "", "the last chunk is missing"), CHUNKED + b'1 ;a="b"\r'),
]


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_message_has_no_flaw(name: str) -> None:
    assert list(framing_flaws(SOUND[name])) == []


@pytest.mark.parametrize(("flaw", "message"), BROKEN, ids=range(len(BROKEN)))
def test_a_broken_message_has_one_flaw(flaw: tuple[str, str, str, str], message: bytes) -> None:
    assert list(framing_flaws(message)) == [FramingFlaw(*flaw)]


@given(st.one_of(st.binary(), st.binary().map(CHUNKED.__add__), st.binary().map(OK.__add__)))
def test_any_bytes_can_be_judged(message: bytes) -> None:
    for flaw in framing_flaws(message):
        assert flaw.rule.startswith(("framing.", "transport.cut"))


@given(st.lists(st.binary(min_size=1)), st.binary())
def test_a_valid_chunked_body_has_no_flaw_and_bytes_behind_it_are_surplus(parts: list[bytes], behind: bytes) -> None:
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts)
    found = list(framing_flaws(CHUNKED + chunks + b"0\r\n\r\n" + behind))
    assert [flaw.rule for flaw in found] == ["framing.surplus"] * bool(behind)
