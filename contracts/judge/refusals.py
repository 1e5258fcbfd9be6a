"""Recognise ids that a router, gateway or firewall may refuse before the operation sees them, and such refusals.

Hides which ids those are, which answers refuse them, and which violations that explains. An API's owner cannot change
an intermediary's refusal, so that it is a note; the same answer to an ordinary id is a violation.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable
from dataclasses import dataclass
from typing import Final

from contracts.http import Exchange, Failure, Response
from contracts.judge.violation import Violation
from contracts.openapi import Resource

LONG: Final = 100
"""The number of characters up to which every router takes an id: find-my-way, Fastify's router, stops there."""

_REFUSING: Final = frozenset({400, 403, 404, 405, 414, 431, *range(300, 400)} - {304})
"""Statuses by which intermediaries refuse; 304 is an answer to a conditional request alone (RFC 9110, 15.4.5)."""

MADE_UP: Final = "made-up values of parameters"
"""What stands in place of a class of ids where a request carries parameters that it need not carry."""

_REFUSING_VALUES: Final = _REFUSING | {*range(400, 500)} - {401, 407, 408, 429}
"""Statuses by which an operation refuses a value that is legal by its schema, and means nothing to it."""

_CLOSED: Final = frozenset({"closed", "reset"})
_EXPLAINED: Final = (
    *("status.undocumented", "content-type.", "body.", "json.", "schema.", "union.", "header."),
    *("transport.closed", "transport.reset"),
)
"""Rules, or the first part of their codes, that a refusal explains: it is not the document's answer.

Framing, a failure of the server, and an answer as another resource are never explained.
"""

_SHOWN: Final = 40
"""The number of characters of a media type, and of a product's name, that are kept."""


NOT_UTF8: Final = "bytes that are not UTF-8"
"""The class of ids that no text can repeat."""


@dataclass(frozen=True, slots=True)
class IdClass:
    """A class of ids that intermediaries may refuse: its words behind "ids with", its pattern, an example, its source.

    `example` is an id of this class, and of no other one as far as a single id can be.
    """

    words: str
    pattern: re.Pattern[str]
    example: str
    source: str

    def holds(self, resource: Resource) -> bool:
        """Return whether a value of the resource's path parameters, decoded, is of the class."""
        return any(map(self.pattern.search, resource))


# A character that is not named here, in whatever script, is never a reason: letters, combining and bidirectional marks,
# blanks, quotes and percent signs reach the operation through every intermediary that was tried.
ID_CLASSES: Final = (
    IdClass(
        NOT_UTF8,
        re.compile("[\udc80-\udcff]"),
        "id\udcff",
        "RFC 3986, section 2.5; Express, hapi, Tornado and NestJS answer 400, restify 404",
    ),
    IdClass(
        "a control character",
        re.compile("[\0-\x1f\x7f-\x9f]"),
        "id\0",
        "RFC 3986, section 2.2; nginx and Jetty answer 400 to NUL, lighttpd to any, Flask 404 to a line feed",
    ),
    IdClass(
        "dot segments",
        re.compile(r"(?:^|[/\\])\.\.?(?:[/\\]|$)"),
        "../id",
        "RFC 3986, section 5.2.4: a path is normalised before it is matched; many gateways answer 403 instead",
    ),
    IdClass(
        "a slash",
        re.compile("/"),
        "id/id",
        "RFC 3986, section 2.2; Apache (AllowEncodedSlashes) answers 404, Tomcat 400, most routers match another path",
    ),
    IdClass(
        "a backslash",
        re.compile(r"\\"),
        "id\\id",
        "WHATWG URL, section 4.4: a backslash is a slash to browsers; Tomcat and Jetty answer 400",
    ),
    IdClass(
        "braces",
        re.compile("[{}]"),
        "{id}",
        "RFC 3986, appendix A: no character of a URI; aiohttp's plain routes do not match them",
    ),
    IdClass(
        "what a firewall takes for an attack",
        re.compile(
            r"<|javascript:|'\s*(?:or|and)\b|\bunion\s+select\b|;\s*(?:select|drop|insert|update)\b|\$\(|`[^`]*`|\$\{",
            re.IGNORECASE,
        ),
        "<script>",
        "OWASP Core Rule Set 4: 932 (commands), 941 (scripts), 942 (SQL), 944 (Java)",
    ),
    IdClass(
        f"more than {LONG} characters",
        re.compile(rf".{{{LONG + 1}}}", re.DOTALL),
        "x" * (LONG + 1),
        "RFC 9110, section 15.5.15; Fastify stops at 100 characters, gunicorn at 4,094 bytes, uWSGI closes over 4,096",
    ),
)
"""Every class; an id may be of several."""


def id_classes(resource: Resource) -> tuple[str, ...]:
    """Return the words of every class that the resource's id is of, in the table's order; empty for an ordinary id."""
    return tuple(each.words for each in ID_CLASSES if each.holds(resource))


@dataclass(frozen=True, slots=True, order=True)
class Refusal:
    """How ids of these classes were refused: by a status or `closed`, with a media type, by a product."""

    classes: tuple[str, ...]
    answer: str
    media_type: str = ""
    product: str = ""


def excuse(exchange: Exchange, found: Iterable[Violation]) -> tuple[Refusal | None, set[Violation]]:
    """Return the refusal that explains violations of the exchange, if one does, and the violations that are left."""
    every = set(found)
    refusal = _refusal_of(exchange) if every else None
    left = {each for each in every if not each.rule.startswith(_EXPLAINED)} if refusal else every
    return (refusal, left) if len(left) < len(every) else (None, every)


def _refusal_of(exchange: Exchange) -> Refusal | None:
    """Return how the exchange was refused before the operation; None if that is not what happened.

    An id known to exist is the operation's own, whatever it looks like.
    """
    request, outcome = exchange.request, exchange.outcome
    classes = () if request.exists or not request.is_read else id_classes(request.parameter_values)
    refusing: Container[int] = _REFUSING
    # A status that the operation documents is its own answer, and keeps what the document says of it.
    is_documented = isinstance(outcome, Response) and exchange.operation.response_for(outcome.status) is not None
    if request.made_up and request.is_read and not is_documented:
        classes, refusing = (*classes, MADE_UP), _REFUSING_VALUES
    if not classes:
        return None
    if isinstance(outcome, Failure):
        is_long = any(len(value) > LONG for value in request.parameter_values)
        return Refusal(classes, "closed") if is_long and outcome.kind in _CLOSED else None
    if outcome.status not in refusing:
        return None
    media_type = (outcome.header("content-type") or "").partition(";")[0].strip().lower()[:_SHOWN]
    return Refusal(classes, str(outcome.status), media_type, _product(outcome))


def _product(response: Response) -> str:
    """Return the name of the software that answered, without its version, as `Server` or `Via` has it."""
    # Via begins with the protocol's version: `1.1 varnish` (RFC 9110, section 7.6.3).
    name = response.header("server") or re.sub(r"^\S+ ", "", response.header("via") or "")
    return re.split(r"[/(,]", name)[0].strip()[:_SHOWN]
