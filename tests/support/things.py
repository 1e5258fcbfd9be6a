"""One tiny service in three frameworks, and a server for it: it answers `/things/{thing}` with the thing's own name.

A query of `wrong=1` makes the answer break its contract, `coded=1` compresses it whatever was asked for, `streamed=1`
sends it piece by piece, and `empty=1` sends none. `/moved/{thing}` redirects to the thing. Every answer has two
cookies.
"""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from urllib.parse import quote

import django
import flask
from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.urls import path
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route
from werkzeug.serving import make_server

from tests.support.tiny import document_of

THING = {
    "type": "object",
    "properties": {"name": {"type": "string", "x-equals": "$request.path.thing"}},
    "required": ["name"],
}
COOKIES = {"Set-Cookie": {"required": True, "schema": {"type": "string", "pattern": "one=1.*, two=2"}}}
DOCUMENT = document_of(
    responses={"200": {"description": "", "content": {"application/json": {"schema": THING}}, "headers": COOKIES}}
)


def answer(name: str, query: Any) -> tuple[bytes, dict[str, str]]:
    """Return the body of a thing, and the header fields that describe it."""
    body = b"" if query.get("empty") else json.dumps({"name": 5 if query.get("wrong") else name}).encode()
    fields = {"Content-Type": "application/json"}
    if query.get("coded"):
        return gzip.compress(body), {**fields, "Content-Encoding": "gzip"}
    return body, fields


flask_app = flask.Flask("things")


@flask_app.get("/things/<path:name>")
def read(name: str) -> flask.Response:
    body, fields = answer(name, flask.request.args)
    streamed = flask.request.args.get("streamed")
    response = flask.Response((body[at : at + 1] for at in range(len(body))) if streamed else body, headers=fields)
    response.set_cookie("one", "1")
    response.set_cookie("two", "2")
    return response


@flask_app.get("/moved/<path:name>")
def move(name: str) -> Any:
    return flask.redirect(
        f"{flask.request.script_root}/things/{quote(name, safe='')}?{flask.request.query_string.decode()}"
    )


async def starlette_read(request: Request) -> Response:
    body, fields = answer(request.path_params["name"], request.query_params)
    response: Response
    if request.query_params.get("streamed"):
        response = StreamingResponse(iter([body[:3], body[3:]]), headers=fields)
    else:
        response = Response(body, headers=fields)
    response.set_cookie("one", "1")
    response.set_cookie("two", "2")
    return response


async def starlette_move(request: Request) -> Response:
    return RedirectResponse(f"/things/{quote(request.path_params['name'], safe='')}?{request.query_params}")


starlette_app = Starlette(
    routes=[Route("/things/{name:path}", starlette_read), Route("/moved/{name:path}", starlette_move)]
)


class DjangoService:
    """What ROOT_URLCONF names: Django looks for `urlpatterns` in it."""

    @staticmethod
    def read(request: Any, name: str) -> Any:
        body, fields = answer(name, request.GET)
        streamed = request.GET.get("streamed")
        response: Any = StreamingHttpResponse(iter([body[:3], body[3:]])) if streamed else HttpResponse(body)
        for field, value in fields.items():
            response[field] = value
        response.set_cookie("one", "1")
        response.set_cookie("two", "2")
        return response

    @staticmethod
    def move(request: Any, name: str) -> Any:
        return HttpResponseRedirect(f"/things/{quote(name, safe='')}?{request.META['QUERY_STRING']}")

    urlpatterns = (path("things/<path:name>", read), path("moved/<path:name>", move))


@cache
def set_up_django() -> None:
    """Configure Django for this process: once, as it wants."""
    settings.configure(ROOT_URLCONF=DjangoService, ALLOWED_HOSTS=["*"], SECRET_KEY="no secret", MIDDLEWARE=[])
    django.setup()


@contextmanager
def served() -> Iterator[str]:
    """Serve the Flask application on a free port; yields its URL."""
    server = make_server("127.0.0.1", 0, flask_app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
