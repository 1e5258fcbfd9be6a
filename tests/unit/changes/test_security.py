"""What a change of security requirements and servers means, and what of two documents is named as not compared."""

from __future__ import annotations

from typing import Any, Final

import pytest

from contracts.changes import compare_documents
from contracts.openapi import Document
from strategies import change_witnesses
from tests.support.differing import compared
from tests.support.tiny import JSON, document_at

OK: Final = {"200": {"description": "", "content": {JSON: {"schema": {"type": "string"}}}}}
SCHEMES: Final = {
    "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
    "same": {"type": "apiKey", "in": "header", "name": "x-key", "description": "of another name"},
    "basic": {"type": "http", "scheme": "basic"},
    "login": {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "/token", "scopes": {}}}},
}
KEY: Final[Any] = [{"key": []}]
NONE: Final[Any] = None


def document(security: Any = NONE, *, own: Any = NONE, get: Any = None, item: Any = None, **more: Any) -> Document:
    """A document with requirements of its own and of its operation, and with more members of each."""
    operation = {"responses": OK, **({} if own is None else {"security": own}), **(get or {})}
    top = {} if security is None else {"security": security}
    contents = {
        "openapi": "3.1.0",
        "info": {"title": "T", "version": "1"},
        "paths": {"/things": {"get": operation, **(item or {})}},
        "components": {"securitySchemes": SCHEMES},
    }
    return document_at({**contents, **top, **more})


def shown(old: Document, new: Document) -> list[tuple[str, str]]:
    """Classification and kind of each change, but for other words."""
    return [
        (str(each.classification), each.kind)
        for each in compared(old, new)
        if each.kind not in ("rewritten", "renamed")
    ]


def aside(old: Document, new: Document) -> tuple[str, ...]:
    """The lines on what is not compared."""
    return compare_documents(old, new, change_witnesses, ({}, {})).not_compared


REQUIRED, OPTIONAL = [("breaking", "security-required")], [("widening", "security-optional")]


@pytest.mark.parametrize(
    ("old", "new", "there", "back"),
    [
        pytest.param(NONE, KEY, REQUIRED, OPTIONAL, id="credentials where none were needed"),
        pytest.param([], KEY, REQUIRED, OPTIONAL, id="an empty list asks for none"),
        pytest.param(NONE, [], [], [], id="nothing said and nothing needed"),
        pytest.param([{}, *KEY], KEY, REQUIRED, OPTIONAL, id="credentials that could be left out"),
        pytest.param(NONE, [{}, *KEY], [], [], id="credentials that may be sent to those who need none"),
        pytest.param(KEY, [{"same": []}], [], [], id="another name for the same header field"),
        pytest.param(KEY, [*KEY, {"basic": []}], OPTIONAL, REQUIRED, id="another way in beside the old one"),
        pytest.param(KEY, [{"key": [], "basic": []}], REQUIRED, OPTIONAL, id="more credentials together"),
        pytest.param(KEY, [{"basic": []}], REQUIRED, REQUIRED, id="other credentials"),
        pytest.param([{"login": ["a"]}], [{"login": ["a", "b"]}], REQUIRED, OPTIONAL, id="another scope"),
        pytest.param([{"gone": []}], [{"gone": []}], [], [], id="a scheme that is described nowhere"),
        pytest.param(KEY, "nothing", [], [], id="what is no requirement"),
        pytest.param(KEY, ["nothing"], [], [], id="what is no requirement in a list"),
    ],
)
def test_what_requests_need_to_be_let_in(old: Any, new: Any, there: Any, back: Any) -> None:
    assert shown(document(old), document(new)) == there
    assert shown(document(new), document(old)) == back
    # It is the same whether the document or its operation says so.
    assert shown(document(own=old), document(new)) == there
    assert shown(document(own=old), document(KEY, own=[] if new is None else new)) == there


def test_the_change_says_what_was_needed_what_is_and_who_is_refused() -> None:
    (change,) = compared(document(), document([{"key": [], "login": ["jobs:read"]}, {"basic": []}]))
    assert (change.place, change.before) == ("request", "no credentials")
    assert change.after == "a token of OAuth 2.0 (jobs:read) and header x-key or HTTP basic"
    assert change.new is not None
    assert (change.old, change.new.pointer) == (None, "#/security")
    assert change.witness is not None
    assert (change.witness.by_new, change.witness.asked) == (False, "with no credentials")


def test_other_servers_are_told_and_break_nobody() -> None:
    def at(url: str, **more: Any) -> Any:
        return {"servers": [{"url": url, **more}]}

    (change,) = compared(document(**at("https://one/v1")), document(**at("https://two/v1")))
    assert (str(change.classification), change.kind) == ("equivalent", "servers")
    assert (change.before, change.after) == ("https://one/v1", "https://two/v1")
    assert shown(document(), document(**at("/"))) == []
    assert shown(document(**at("/", description="old")), document(**at("/", description="new"))) == []
    variables = [at("https://{of}", variables={"of": {"default": name}}) for name in ("a", "b")]
    assert shown(document(**variables[0]), document(**variables[1])) == [("equivalent", "servers")]
    for own in ({"get": at("/other")}, {"item": at("/other")}):
        (change,) = compared(document(), document(**own))
        assert (change.kind, change.operation, change.before) == ("servers", "/things", "those of the document")


def with_post(schema: Any, **components: Any) -> Document:
    """A document with an operation of another method, whose request body has the schema."""
    body = {"requestBody": {"content": {JSON: {"schema": schema}}}}
    schemas = {"securitySchemes": SCHEMES, "schemas": components}
    return document(item={"post": {"responses": OK, **body}}, components=schemas)


def test_what_differs_and_is_not_compared_is_named() -> None:
    text, number = {"type": "string"}, {"type": "integer"}
    body = {"get": {"requestBody": {"content": {JSON: {"schema": text}}}}}
    assert aside(document(), document(**body)) == ("the request body of GET /things",)
    assert aside(document(**body), document(**body)) == ()
    line = "POST /things: only operations of GET are compared"
    assert aside(with_post(text), with_post(number)) == (line,)
    assert aside(with_post(text), document()) == (line,)
    one, two = {"$ref": "#/components/schemas/One"}, {"$ref": "#/components/schemas/Two"}
    assert aside(with_post(one, One=text), with_post(one, One=number)) == (line,)
    assert aside(document(), document(webhooks={"done": {"post": {"responses": OK}}})) == ("webhooks",)
    login = {**SCHEMES, "login": {"type": "oauth2", "flows": {}}}
    tokens = "where and how clients get tokens of the security scheme login"
    assert aside(document(), document(components={"securitySchemes": login})) == (tokens,)
    # What says the same is not named.
    assert aside(with_post(one, One=text), with_post(two, Two={**text, "description": "in other words"})) == ()
    loop = {"type": "object", "properties": {"description": one, "title": text}}
    assert aside(with_post(one, One=loop), with_post(one, One=loop)) == ()
    assert aside(with_post(one, One=loop), with_post(one, One={"type": "object", "properties": {"title": text}})) == (
        line,
    )


def test_a_line_names_a_few_operations_of_many() -> None:
    many = {f"/{number}": {"delete": {"responses": OK}} for number in range(8)}
    paths = {"/things": {"get": {"responses": OK}}}
    (line,) = aside(document(), document(paths={**paths, **many}))
    assert (
        line == "DELETE /0, DELETE /1, DELETE /2, DELETE /3, DELETE /4 and 3 more: only operations of GET are compared"
    )
