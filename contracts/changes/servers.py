"""Say that requests go to other servers: that is no promise about answers or requests, and decides nothing."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from contracts.changes.change import Change, Classification, Direction
from contracts.changes.prover import Prover
from contracts.openapi import Document, Operation, text_of, to_pointer


def server_changes(prover: Prover, old: Document, new: Document) -> Iterator[Change]:
    """Yield the change of the servers of the whole document, if there is one."""
    yield from _changes(prover, "", ("#", old.contents), ("#", new.contents), _DEFAULT)


def own_server_changes(prover: Prover, old: Operation, new: Operation) -> Iterator[Change]:
    """Yield the change of the servers that an operation or its path has in place of the document's, if there is one."""
    yield from _changes(prover, old.path, _holder(old), _holder(new), "those of the document")


_DEFAULT: Final = "/"
"""The server of a document that names none (OpenAPI 3.1.0, "OpenAPI Object")."""


def _changes(
    prover: Prover, path: str, ours: tuple[str, Any], theirs: tuple[str, Any], otherwise: str
) -> Iterator[Change]:
    before, after = (_words(holder.get("servers")) or otherwise for _, holder in (ours, theirs))
    if before == after:
        return
    spots = [
        prover.spot(at + to_pointer("servers") if "servers" in holder else "", new=new)
        for new, (at, holder) in ((False, ours), (True, theirs))
    ]
    yield Change(
        "servers",
        Classification.EQUIVALENT,
        Direction.REQUESTS,
        path,
        "",
        old=spots[0],
        new=spots[1],
        before=before,
        after=after,
    )


def _holder(operation: Operation) -> tuple[str, Mapping[str, Any]]:
    """Return the operation, or else its path, as far as it names servers of its own, and where it stands."""
    around = operation.pointer.rpartition("/")[0]
    for at in (operation.pointer, around):
        found = operation.document.schema(at)
        if isinstance(found, dict) and "servers" in found:
            return at, found
    return around, {}


def _words(servers: Any) -> str:
    """Return the URLs of servers, each with its variables, in one order."""
    if not isinstance(servers, list):
        return ""
    known = (each for each in servers if isinstance(each, dict))
    return ", ".join(sorted(_url(each) for each in known))


def _url(server: Mapping[str, Any]) -> str:
    variables = server.get("variables")
    if not isinstance(variables, dict):
        return str(server.get("url"))
    values = {name: each.get("default") for name, each in variables.items() if isinstance(each, dict)}
    return f"{server.get('url')} {text_of(values)}" if values else str(server.get("url"))
