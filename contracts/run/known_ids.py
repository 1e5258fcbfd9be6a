"""Ids that the user names, read from options and files, and the resources that they are."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import unquote

from contracts.judge import compiled, scalar
from contracts.openapi import ConfigurationError, Document, Operation, Resource, operation_at


def listed_ids(text: str) -> list[str]:
    """Return the ids of an environment variable, separated by commas or white space."""
    return text.replace(",", " ").split()


def ids_in(file: Path, option: str = "--job-ids") -> list[str]:
    """Return the ids of a file, one a line; raises ConfigurationError, with the fix, where there is none.

    `option` is what named the file.
    """
    try:
        text = file.read_text("utf-8-sig")
    except OSError as error:
        raise ConfigurationError(f"{option} {file} cannot be read: {error.strerror}; name a readable file") from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"{option} {file} is not UTF-8; write one id a line in UTF-8") from None
    ids = [line.strip() for line in text.split("\n") if line.strip()]
    if not ids:
        raise ConfigurationError(f"{option} {file} holds no id; write one id a line")
    return ids


def check_ids(ids: Iterable[str]) -> tuple[str, ...]:
    """Return each id once; raises ConfigurationError for one that no request can carry."""
    found = tuple(dict.fromkeys(ids))
    for job_id in found:
        if job_id in ("", ".", ".."):
            raise ConfigurationError(f"the job id {job_id!r} cannot be sent: it is no path segment (RFC 3986, 5.2.4)")
        if "\n" in job_id or "\r" in job_id:
            raise ConfigurationError(f"the job id {job_id[:40]!r} holds a line break; write one --job-id for each id")
        if any("\ud800" <= char <= "\udfff" for char in job_id):
            raise ConfigurationError(f"the job id {job_id[:40]!a} is not UTF-8; write it in UTF-8")
    return found


def resources_of(document: Document, ids: Iterable[str]) -> dict[str, tuple[Resource, ...]]:
    """Return, by the operation's path, the resources that the ids are.

    An id is written as its path (`/parcels/7`); or as the value of an operation's one parameter, or as the values of
    several between slashes, each percent-encoded, and is then of every operation whose parameters allow them. An
    operation without parameters is a resource of its own. Raises ConfigurationError for an id of no operation.
    """
    found: dict[str, dict[Resource, None]] = {
        each.path: {} if each.parameters else {(): None} for each in document.operations
    }
    for job_id in ids:
        matches = tuple(_matches(document, job_id))
        if not matches:
            paths = " or ".join(operation.path for operation in document.operations if operation.parameters)
            raise ConfigurationError(f"the job id {job_id[:40]!r} is of no operation; write it as {paths or 'none'}")
        for operation, values in matches:
            found[operation.path][values] = None
    return {path: tuple(resources) for path, resources in found.items()}


def _matches(document: Document, job_id: str) -> Iterator[tuple[Operation, Resource]]:
    written = operation_at(document.operations, job_id) if job_id.startswith("/") else None
    if written is not None:
        yield written[0], tuple(written[1].values())
        return
    operations = [operation for operation in document.operations if operation.parameters]
    for operation in operations:
        count = len(operation.parameters)
        values = (job_id,) if count == 1 else tuple(unquote(part) for part in job_id.split("/"))
        if len(values) == count and (len(operations) == 1 or is_allowed(operation, values)):
            yield operation, values


def is_allowed(operation: Operation, values: Resource) -> bool:
    """Return whether the schemas of the parameters allow the values, as text or as the scalar that it reads as."""
    is_valid = compiled(operation.document).is_valid
    pairs = zip(operation.parameters, values, strict=True)
    return all(
        not each.schema or is_valid(each.schema, text) or is_valid(each.schema, scalar(text)) for each, text in pairs
    )
