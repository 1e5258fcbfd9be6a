"""Conversations with a mock server of trees, byte for byte."""

from __future__ import annotations

import http.client
import io
import json
import socket
from dataclasses import dataclass
from typing import Any

from contracts.http.exchange import Response
from strategies.mock.server import MockServer

DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Orchard", "version": "1"},
    "paths": {
        "/trees/{tree}": {"get": {"parameters": [{"name": "tree", "in": "path", "schema": {"type": "string"}}]}},
        "/trees/oldest": {"get": {}},
        "/rows/{row}/trees/{tree}": {
            "parameters": [{"name": name, "in": "path", "schema": {"type": "string"}} for name in ("row", "tree")],
            "get": {},
        },
    },
}
for item in DOCUMENT["paths"].values():
    item["get"]["responses"] = {"200": {"description": "a tree"}, "410": {"description": "felled"}}

HOSTILE = [
    "/",
    "a/b",
    "//",
    "%",
    "%2F",
    "a b",
    "?",
    "#",
    "\x00",
    "\r\n",
    "é",
    "木",
    "\U0001f333",
    "..;",
    "~",
    "a" * 8000,
]


def json_response(status: int, value: object) -> Response:
    return Response(status, (("Content-Type", "application/json"),), json.dumps(value).encode())


def connect(server: MockServer) -> socket.socket:
    host, port = server.url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=10)


def converse(server: MockServer, *sent: bytes) -> bytes:
    """Return everything that comes back until the server closes the connection."""
    with connect(server) as connection:
        connection.sendall(b"".join(sent))
        return b"".join(iter(lambda: connection.recv(65536), b""))


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    text: str


class Recorded(socket.socket):
    """A socket from which recorded bytes are read."""

    def __init__(self, raw: bytes) -> None:
        super().__init__()
        self.close()
        self.raw = raw

    def makefile(self, *_: object, **__: object) -> io.BytesIO:  # type: ignore[override]
        return io.BytesIO(self.raw)


def parse(raw: bytes, method: str = "GET") -> Answer:
    """Return the first answer as the standard library's client reads it."""
    response = http.client.HTTPResponse(Recorded(raw), method=method)
    response.begin()
    return Answer(response.status, response.headers, response.read().decode())


def get(target: str, *fields: str, version: str = "HTTP/1.1", method: str = "GET") -> bytes:
    lines = [f"{method} {target} {version}", "Host: orchard", *fields, "", ""]
    return "\r\n".join(lines).encode("latin-1")
