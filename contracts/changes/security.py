"""Compare what requests need to be let in: the credentials of security requirements, and their scopes.

Hides that two schemes are equal if clients send the same for both, whatever their names are, and that an operation's
requirement replaces the document's. A client was made for one of OLD's ways in; it sends what that needs and nothing
else.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from contracts.changes.change import Change, Direction, Witness, classify
from contracts.changes.prover import Prover
from contracts.openapi import Document, Operation, follow_references, text_of, to_pointer

Way = frozenset[tuple[str, frozenset[str]]]
"""Credentials that are sent together: each in words, with the scopes that it needs."""


@dataclass(frozen=True, slots=True)
class Access:
    """The ways in of which a request needs one, in the document's order, and where the document names them."""

    ways: tuple[Way, ...]
    pointer: str

    def admits(self, held: Way) -> bool:
        """Return whether a client that holds these credentials, and no others, is let in."""
        return any(all(_is_held(each, held) for each in way) for way in self.ways)

    @property
    def words(self) -> str:
        """The ways in, in words."""
        return " or ".join(dict.fromkeys(map(words_of, self.ways)))


def security_changes(prover: Prover, old: Operation, new: Operation) -> Iterator[Change]:
    """Yield the change of what requests of an operation need, if there is one."""
    ours, theirs = access_of(old), access_of(new)
    if ours is None or theirs is None:
        return
    lost = next((way for way in ours.ways if not theirs.admits(way)), None)
    won = next((way for way in theirs.ways if not ours.admits(way)), None)
    shown = won if lost is None else lost
    if shown is None:
        return
    kind = "security-optional" if lost is None else "security-required"
    meaning, _ = classify(Direction.REQUESTS, kind, grows=won is not None, shrinks=lost is not None)
    yield Change(
        kind,
        meaning,
        Direction.REQUESTS,
        old.path,
        "request",
        old=prover.spot(ours.pointer, new=False),
        new=prover.spot(theirs.pointer, new=True),
        before=ours.words,
        after=theirs.words,
        witness=Witness(lost is None, None, (), asked=f"with {words_of(shown)}"),
    )


def access_of(operation: Operation) -> Access | None:
    """Return what requests of the operation need; None if the document does not say it as OpenAPI does."""
    contents = operation.document.contents
    at, given = operation.pointer + to_pointer("security"), _raw(operation).get("security")
    if given is None:
        at, given = "#/security", contents.get("security")
    if given is None:
        return Access((frozenset(),), "")
    if not isinstance(given, list):
        return None
    ways = [_way(operation.document, each) for each in given]
    known = [each for each in ways if each is not None]
    # No requirement at all, which takes the document's away, asks for nothing.
    return Access(tuple(known) or (frozenset(),), at) if len(known) == len(ways) else None


def words_of(way: Way) -> str:
    """Return the credentials that a request sends together, in words."""
    named = (f"{scheme} ({', '.join(sorted(scopes))})" if scopes else scheme for scheme, scopes in sorted(way, key=str))
    return " and ".join(named) or "no credentials"


def _raw(operation: Operation) -> dict[str, Any]:
    found = operation.document.schema(operation.pointer)
    return found if isinstance(found, dict) else {}


def _way(document: Document, requirement: Any) -> Way | None:
    """Return the credentials of one requirement; None if it is none."""
    if not isinstance(requirement, dict) or not all(isinstance(scopes, list) for scopes in requirement.values()):
        return None
    return frozenset((_scheme(document, name), frozenset(map(str, scopes))) for name, scopes in requirement.items())


def _scheme(document: Document, name: str) -> str:
    """Return what clients send for a security scheme, in words: equal for two schemes that ask for the same."""
    try:
        pointer = "#" + to_pointer("components", "securitySchemes", name)
        _, scheme = follow_references(document.contents, pointer)
    except (LookupError, ValueError):
        return f"security scheme {name}"
    if not isinstance(scheme, dict):
        return f"security scheme {name}"
    kind = scheme.get("type")
    if kind == "apiKey":
        place, of = str(scheme.get("in")), str(scheme.get("name"))
        return f"{place} {of.lower() if place == 'header' else of}"
    if kind == "http":
        return f"HTTP {str(scheme.get('scheme')).lower()}"
    return _KINDS.get(str(kind), f"security scheme {name} {text_of(kind)}")


_KINDS: Final = {
    "oauth2": "a token of OAuth 2.0",
    "openIdConnect": "a token of OpenID Connect",
    "mutualTLS": "a client certificate",
}


def _is_held(needed: tuple[str, frozenset[str]], held: Way) -> bool:
    scheme, scopes = needed
    return any(scheme == other and scopes <= more for other, more in held)
