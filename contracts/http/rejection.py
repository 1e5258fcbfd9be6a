"""Recognise answers that say nothing of the contract: whoever answers is not the operation, or a resource hangs.

Hides which answers reject a caller or come from somebody else, how many of them are enough, how a key that runs out is
told from a wrong one, and where all processes of a run count them.
"""

import html
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Final
from urllib.parse import urljoin, urlsplit

from contracts.http.exchange import NOTHING, Exchange, Failure, Request, Response
from contracts.http.shared_state import SharedState
from contracts.openapi import ContractError, Operation, Resource, parse_json

REJECTIONS: Final = frozenset({401, 403, 407, 429})
"""Statuses by which a server declines to answer this caller at all (RFC 9110, section 15.5; RFC 6585, section 4)."""

MIN_REJECTIONS: Final = 20
"""Rejections, and no other answer, after which a target is asked no more."""

TIMEOUTS: Final = 3
"""Requests in a row that run out of time, after which a resource counts as hanging."""

LET_IN: Final = "let in"
"""How an answer counts that shows that the operation was reached."""

NOT_FOUND: Final = "404"
"""The label of answers that find nothing."""

_PAGES: Final = ("text/html", "application/xhtml+xml")
_TITLE: Final = re.compile(rb"(?is)<title[^>]*>(.{1,1000}?)</title")
_CHALLENGE: Final = re.compile(r"(?:^|,)\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?=\s*(?:,|$)|\s+[^\s=])")

# Unreserved characters (RFC 3986, section 2.3), and few enough for every router: Fastify's refuses more than 100.
_PLAIN: Final = re.compile("[A-Za-z0-9._~-]{1,100}")


def is_plain_request(request: Request) -> bool:
    """Return whether every router lets the request through: a GET whose parameters are short and need no encoding.

    Routers refuse encoded slashes, and proxies long URLs, before anything looks at the API key: their answers to such
    requests do not show whether the caller is rejected.
    """
    return request.is_read and are_plain(request.parameter_values)


def are_plain(values: Iterable[str]) -> bool:
    """Return whether parameters of these values are short and need no encoding."""
    return all(map(_PLAIN.fullmatch, values))


@dataclass(frozen=True, slots=True, order=True)
class Rejection:
    """One way in which requests were rejected: its status, and whether an HTML page came that is not documented.

    `example` is where one redirect leads, the title of one page, or the authentication schemes that are asked for.
    """

    status: int
    is_page: bool = False
    example: str = field(default="", compare=False)

    @property
    def leads_elsewhere(self) -> bool:
        """Return whether it is a redirect or a page: whoever answered, it is not the operation."""
        return self.is_page or 300 <= self.status < 400


def label_of(exchange: Exchange) -> str | None:
    """Return how an exchange counts: as a rejection, by its label (`401`, `200 page`), as LET_IN, or (None) not at all.

    A resource that is not known to exist may be answered by a 404 that the document promises: that shows nothing.
    """
    request, outcome, operation = exchange.request, exchange.outcome, exchange.operation
    if not is_plain_request(request):
        return None
    if isinstance(outcome, Failure):
        return outcome.kind
    status = outcome.status
    if status in REJECTIONS:
        return str(status)
    is_page = status < 500 and _is_undocumented_page(operation, outcome)
    if 300 <= status < 400:
        # A `default` response is meant for errors, and describes no redirect.
        described = {spec.status for spec in operation.responses}
        return LET_IN if described & {str(status), "3XX"} and not is_page else str(status)
    if is_page:
        return f"{status} page"
    if str(status) == NOT_FOUND:
        return None if operation.response_for(status) and not request.exists else str(status)
    return LET_IN


def _is_undocumented_page(operation: Operation, response: Response) -> bool:
    media_type = (response.header("content-type") or "").partition(";")[0].strip().lower()
    if media_type not in _PAGES or (response.ok and _holds_json(response.body)):
        return False
    spec = operation.response_for(response.status)
    ranges = {name.partition(";")[0].strip().lower() for name in spec.content} if spec else set()
    return not ranges & {media_type, media_type.split("/")[0] + "/*", "*/*"}


def _holds_json(body: bytes) -> bool:
    """Return whether a body is a JSON object or array: whatever media type it claims, it is no page."""
    return isinstance(parse_json(body)[0], (dict, list))


def example_of(exchange: Exchange) -> str:
    """Return what one rejection says of itself: where it leads, its title, the schemes that it asks for; or nothing."""
    response = exchange.outcome
    if not isinstance(response, Response):
        return ""
    if 300 <= response.status < 400:
        location = response.header("location")
        if not location:
            return ""
        try:
            target = urlsplit(urljoin(exchange.request.url, location))
        except ValueError:  # An address of IPv6 that is none.
            return ""
        # What is behind the path, or before the host, may be meant for one client alone.
        return f"{target.scheme}://{target.netloc.rpartition('@')[2]}{target.path}"
    if response.status in (401, 407):
        challenge = response.header("www-authenticate" if response.status == 401 else "proxy-authenticate") or ""
        return ", ".join(dict.fromkeys(_CHALLENGE.findall(re.sub(r'"(?:[^"\\]|\\.)*"', "", challenge))))
    title = _TITLE.search(response.body) if _is_undocumented_page(exchange.operation, response) else None
    return " ".join(html.unescape(title[1].decode(errors="replace")).split()) if title else ""


@dataclass(frozen=True, slots=True)
class AllRejected:
    """A target that rejected every request, and how, sorted."""

    rejections: tuple[Rejection, ...]

    @property
    def statuses(self) -> tuple[str, ...]:
        """Return the statuses of the answers, each once."""
        return tuple(dict.fromkeys(str(each.status) for each in self.rejections))

    def __str__(self) -> str:
        return f"whatever was asked for was answered {' or '.join(self.statuses)}"


def all_rejected(answers: Mapping[str, int], examples: Mapping[str, str] = NOTHING) -> AllRejected | None:
    """Return how every plain request was rejected; None if one was accepted, or none was sent.

    `answers` counts plain exchanges by their label (see `label_of`); `examples` is what one of each says of itself.
    """
    labels = [label for label, count in answers.items() if count]
    if not labels or not all(label[:3].isdigit() for label in labels):
        return None
    found = (Rejection(int(label[:3]), label.endswith("page"), examples.get(label, "")) for label in labels)
    return AllRejected(tuple(sorted(found)))


class CallerRejected(ContractError):
    """The target rejects this caller: asking further would be no evidence, and might lock an account."""

    @property
    def label(self) -> str:
        """Return the label of the rejection if the caller was let in before; else nothing."""
        return ""

    def __str__(self) -> str:
        return f"{MIN_REJECTIONS} requests were refused, and none was let in"


class AccessLost(CallerRejected):
    """The target let this caller in, and rejects it now.

    Its arguments are a label, its example, the number of the last request that was let in, and whether a key was sent.
    """

    @property
    def label(self) -> str:
        """Return the label of the rejection."""
        return str(self.args[0])

    def __str__(self) -> str:
        label, example, last, by_key = self.args
        leads = f" to {example}" if example and label.startswith("3") else ""
        answered = f"{label[:3]}{leads}{' with an HTML page' if label.endswith('page') else ''}"
        since = f"whatever was asked for since was answered {answered}"
        if by_key:
            return f"the key was accepted until request {last}, and {since}; has it expired?"
        return f"requests without a key were let in until request {last}, and {since}; look into the server's log"


class Access:
    """Notices, for one session, that a caller who was let in may be rejected by now.

    Rejections in a row give rise to a doubt, for a server may answer so about some resources. It is settled by asking
    again for a resource that was let in: the proof, an operation and the values of its parameters. `by_key` says
    whether a key is sent.
    """

    def __init__(self, *, by_key: bool = True) -> None:
        self._by_key = by_key
        self._proof: tuple[Operation, Mapping[str, str]] | None = None
        self._requests = self._last = self._rejected = 0
        self._needed = MIN_REJECTIONS

    def note(self, exchange: Exchange) -> None:
        """Count one exchange."""
        self._requests += 1
        label = label_of(exchange)
        if label == LET_IN:
            self._rejected, self._last = 0, self._requests
            if self._proof is None or (isinstance(exchange.outcome, Response) and exchange.outcome.ok):
                self._proof = exchange.operation, dict(exchange.request.parameters)
        elif _may_be_lost(label):
            self._rejected += 1

    @property
    def was_let_in(self) -> bool:
        """Return whether any request was."""
        return self._last > 0

    def doubt(self) -> tuple[Operation, Mapping[str, str]] | None:
        """Return the proof if it is to be asked for again, once; else None."""
        if self._proof is None or self._rejected < self._needed:
            return None
        # If the doubt is wrong, the next one is raised more rarely.
        self._rejected, self._needed = 0, 2 * self._needed
        return self._proof

    def settle(self, again: Exchange) -> None:
        """Raise AccessLost if the proof, asked for again, is rejected too."""
        label = label_of(again)
        if _may_be_lost(label):
            raise AccessLost(label, example_of(again), self._last, self._by_key)


class Renewals:
    """Decides when a key is to be renewed: at a 401, and more and more rarely where another key changes nothing."""

    def __init__(self) -> None:
        self._refused, self._needed = 0, 1

    def are_due(self, outcome: Response | Failure) -> bool:
        """Count an outcome; return whether a new key is to be got for it."""
        self._refused += _is_unauthorized(outcome)
        return _is_unauthorized(outcome) and self._refused >= self._needed

    def note(self, outcome: Response | Failure) -> None:
        """Take in what came of the same request with another key."""
        self._refused, self._needed = 0, 2 * self._needed if _is_unauthorized(outcome) else 1


def _is_unauthorized(outcome: Response | Failure) -> bool:
    return isinstance(outcome, Response) and outcome.status == 401


def _may_be_lost(label: str | None) -> bool:
    """Return whether a key that ran out is answered so: to be asked to wait, or to find nothing, is another matter."""
    return label is not None and label[:3].isdigit() and label not in ("404", "429", "407")


class Rejections(SharedState):
    """Counts whether the target rejects this caller, for all processes that name the same file; see `SharedState`.

    `known` is the number of resources of each operation, by its path, that are known to exist. The run stops only when
    enough of each were rejected: the document, or an overlay, may promise 403 for a resource that does not exist. The
    processes ask for different resources, and it is their union that counts.
    """

    def __init__(self, known: Mapping[str, int] = MappingProxyType({}), path: Path | None = None) -> None:
        exist = {operation: count for operation, count in known.items() if count}
        # Of many operations a few resources each are enough.
        self._needed = {operation: min(count, share_of(len(exist))) for operation, count in exist.items()}
        super().__init__(_TABLES, path)
        # One accepted request settles the question for good, and spares every later look into the file.
        self._accepted = False

    def check(self) -> None:
        """Raise CallerRejected if the target is to be asked no more."""
        if self._accepted:
            return
        rows = self.execute(_COUNTED)
        if sum(times for *_, times in rows) < MIN_REJECTIONS or self.one_was_accepted():
            return
        # If nothing is known to exist, rejections of many different resources take its place.
        needed = self._needed or {operation: share_of(len(rows)) for operation, *_ in rows}
        rejected = {operation: count for operation, exists, count, _ in rows if exists or not self._needed}
        if all(rejected.get(operation, 0) >= count for operation, count in needed.items()):
            raise CallerRejected

    def all_rejected(self) -> AllRejected | None:
        """Return how every request of every process was rejected; None if one was accepted, or none sent."""
        return None if self.one_was_accepted() else all_rejected(dict(self.execute(_LABELS)))

    def one_was_accepted(self) -> bool:
        """Return whether any process was let in."""
        self._accepted = self._accepted or bool(self.execute(_ACCEPTED))
        return self._accepted

    def note(self, exchange: Exchange) -> None:
        """Count one exchange."""
        if self._accepted or isinstance(exchange.outcome, Failure) or (label := label_of(exchange)) is None:
            return
        request = exchange.request
        if label == LET_IN:
            self.execute(_ACCEPT)
            self._accepted = True
        else:
            row = (exchange.operation.path, json.dumps(request.parameter_values), request.exists is True, label)
            self.execute(_REJECT, row)


def share_of(operations: int) -> int:
    """Return how many known resources of each of several operations have to be rejected."""
    return -(-MIN_REJECTIONS // max(operations, 1))


_TABLES: Final = """
CREATE TABLE IF NOT EXISTS rejected (
    operation TEXT, resource TEXT, known INTEGER, label TEXT, times INTEGER,
    PRIMARY KEY (operation, resource, known, label)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS accepted (only INTEGER PRIMARY KEY);
"""

_COUNTED: Final = (
    "SELECT operation, known, count(DISTINCT resource), sum(times) FROM rejected GROUP BY operation, known"
)
_LABELS: Final = "SELECT label, sum(times) FROM rejected GROUP BY label"
_ACCEPTED: Final = "SELECT 1 FROM accepted"
_ACCEPT: Final = "INSERT OR IGNORE INTO accepted VALUES (1)"
_REJECT: Final = "INSERT INTO rejected VALUES (?, ?, ?, ?, 1) ON CONFLICT DO UPDATE SET times = times + 1"


class HangingResources:
    """Counts the requests in a row for one resource that ran out of time; any other outcome begins anew."""

    def __init__(self) -> None:
        self._timeouts: Counter[tuple[str, Resource]] = Counter()

    def note(self, exchange: Exchange) -> None:
        """Count one exchange."""
        key = (exchange.operation.path, exchange.request.parameter_values)
        if isinstance(exchange.outcome, Failure) and exchange.outcome.kind == "timeout":
            self._timeouts[key] += 1
        else:
            self._timeouts.pop(key, None)

    def is_hanging(self, path: str, resource: Resource) -> bool:
        """Return whether another request for the resource, at the operation's path, would only run out of time too."""
        return self._timeouts[path, resource] >= TIMEOUTS
