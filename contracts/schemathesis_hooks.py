"""Judge Schemathesis's responses by the document: a check named `contract`, in the words of a verdict; and known ids.

`SCHEMATHESIS_HOOKS=contracts.schemathesis_hooks st run ...`, `hooks = "contracts.schemathesis_hooks"` in
schemathesis.toml, or an import in a test with `@schema.parametrize()` registers it. docs/in-schemathesis.md has the
variables. Hides what makes two violations two failures in Schemathesis's report. It uses public names of Schemathesis.
"""

import logging
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, unquote, urlsplit
from urllib.request import url2pathname

import schemathesis
from hypothesis import strategies as st

from contracts.captures import OperationFinder, capture_of, path_of
from contracts.http import Exchange, Request
from contracts.judge import Violation, excuse, judge
from contracts.openapi import (
    ContractError,
    Document,
    Operation,
    Resource,
    is_pinned,
    load_contents,
    operation_at,
    overlay_files,
    read_file,
    walk_json,
)
from contracts.options import VARIABLES
from contracts.reports import left_out_lines, violation_line, visible
from contracts.run import check_ids, ids_in, is_allowed, is_on, listed_ids, resources_of

DOCUMENT: Final = "CONTRACT_DOCUMENT"
"""The variable that names the document to judge by, if it is not the one that Schemathesis loaded."""

OVERLAY: Final = "CONTRACT_OVERLAY"
"""The variable that names overlays, as `--overlay` does, with commas between them."""

JOB_IDS_FILE: Final = "CONTRACT_JOB_IDS_FILE"
"""The variable that names a file of ids that exist, one a line."""

_CALLER_REJECTED: Final = (401, 403, 407)
"""Statuses that say something of the credentials (RFC 9110, section 15.5), and nothing of the resource."""

_Case = schemathesis.Case[Any]

_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Basis:
    """What the responses of one schema are judged by.

    `known` holds, by the operation in Schemathesis's words (`GET /jobs/{id}`), the resources known to exist. Where the
    loaded document has security schemes (`is_secured`), Schemathesis leaves credentials out on purpose now and then.
    """

    document: Document
    finder: OperationFinder
    known: Mapping[str, tuple[Resource, ...]]
    strict_refusals: bool
    is_secured: bool

    @property
    def known_values(self) -> frozenset[str]:
        """Every value of a path parameter by which a known resource is named."""
        return frozenset(value for resources in self.known.values() for each in resources for value in each)

    def exchange(self, case: _Case, response: schemathesis.Response) -> Exchange | None:
        """Return a case and its response as an exchange; None if it cannot be judged.

        It cannot if the method is not GET, if the path is of no operation (as behind a redirect), or if Schemathesis
        kept only a part of the body.
        """
        is_whole = response.content_size == len(response.content) and not response.stream_cut_short
        capture = capture_of(response, case.method)
        found = self._found(case, capture.url) if case.method == "GET" and is_whole else None
        if found is None:
            return None
        operation, values = found
        resource = tuple(values.values())
        is_known = resource in self.known.get(str(operation), ())
        made_up = _is_made_up(operation, case) or not (is_known or is_allowed(operation, resource))
        # A known resource may be refused for a made-up value beside it, or for the credentials.
        is_rejected = self.is_secured and response.status_code in _CALLER_REJECTED
        exists = True if is_known and not made_up and not is_rejected else None
        request = Request(capture.url, tuple(values.items()), exists, made_up=made_up)
        return Exchange(operation, request, capture.response, response.elapsed)

    def _found(self, case: _Case, url: str) -> tuple[Operation, Mapping[str, str]] | None:
        """Return the operation that was asked, with its path parameters as they were sent.

        Of the URL's path the end counts that has as many parts as the case's path: a base path stands before it. Where
        another document than the loaded one is judged by, the two may differ in what they count to the base path.
        """
        length = case.path.count("/")
        found = operation_at(self.document.operations, "/".join(["", *path_of(url).split("/")[-length:]]))
        if found or any(each.path == case.path for each in self.document.operations):
            return found
        return self.finder.find("GET", url)

    def violations(self, exchange: Exchange) -> tuple[Violation, ...]:
        """Return the violations of the exchange without those that the refusal of a strange id explains."""
        found = judge(exchange.operation, exchange)
        return found if self.strict_refusals else tuple(sorted(excuse(exchange, found)[1]))


@schemathesis.check
def contract(ctx: schemathesis.CheckContext, response: schemathesis.Response, case: _Case) -> bool | None:
    """Fail once for each distinct violation of the document by a response, in the words of a verdict.

    Return True, which means to Schemathesis that the check does not apply, for what cannot be judged.
    """
    basis = _basis_of(case.operation.schema)
    exchange = basis.exchange(case, response)
    if exchange is None:
        return True
    if violations := basis.violations(exchange):
        # A check can raise one error; by this method of Schemathesis's own, several errors become a failure each.
        case.validate_response(response, checks=list(map(_failing, violations)))
    return None


def _failing(violation: Violation) -> Callable[..., bool | None]:
    """Return a check that fails with the violation; it has our check's name, which Schemathesis's report shows."""

    def contract(ctx: object, response: object, case: object) -> bool | None:
        raise _error_class(violation.fingerprint)(violation_line(violation))

    return contract


@cache
def _error_class(fingerprint: str) -> type[AssertionError]:
    """Return the error of one kind of violation: errors of one class and line are one failure to Schemathesis."""
    return type(f"Violation{fingerprint}", (AssertionError,), {"__module__": __name__})


def _is_made_up(operation: Operation, case: _Case) -> bool:
    """Return whether the case has values of parameters beside the path's, or lacks one that has to be sent."""
    others = operation.other_parameters
    if any(each.required for each in others) or case.query or case.cookies:
        return True
    return any(each.place == "header" and each.name in case.headers for each in others)


@schemathesis.hook
def after_load_schema(ctx: schemathesis.HookContext, schema: schemathesis.BaseSchema) -> None:
    """Refuse a document, an overlay or ids that cannot be used before anything is asked."""
    try:
        if not _refers_to_files(schema.raw_schema):
            _basis_of(schema)
    except ContractError as error:
        # Schemathesis prints a traceback with the line; without this package's frames it is a short one.
        raise error.with_traceback(None) from None


@schemathesis.hook
def before_add_examples(ctx: schemathesis.HookContext, examples: list[_Case]) -> None:
    """Ask for every known id once, in the examples phase, unless the operation needs other parameters too."""
    if (operation := ctx.operation) is None:
        return
    for ours, resource in _known_of(operation):
        if not any(each.required for each in ours.other_parameters):
            examples.append(operation.Case(path_parameters=_encoded(ours, resource)))


@schemathesis.hook
def flatmap_path_parameters(
    ctx: schemathesis.HookContext, path_parameters: dict[str, Any]
) -> st.SearchStrategy[dict[str, Any]]:
    """Ask for known ids in half of the cases that Schemathesis draws; Schemathesis encodes the values."""
    known = [ours.bind(resource) for ours, resource in _known_of(ctx.operation)] if ctx.operation else []
    if not known:
        return st.just(path_parameters)
    return st.booleans().flatmap(lambda is_known: st.sampled_from(known) if is_known else st.just(path_parameters))


@schemathesis.hook
def filter_case(ctx: schemathesis.HookContext, case: _Case) -> bool:
    """Drop a case that would send a method other than GET to a known id.

    Schemathesis tries methods that the document does not have, DELETE among them, with the values of examples.
    """
    if case.method == "GET":
        return True
    basis = _basis_of(case.operation.schema)
    values = {str(value) for value in case.path_parameters.values()}
    return basis.known_values.isdisjoint({*values, *map(unquote, values)})


def _known_of(operation: schemathesis.APIOperation[Any, Any, Any, Any]) -> Iterator[tuple[Operation, Resource]]:
    """Yield our operation with each of its known resources, if it is one of a GET with path parameters."""
    basis = _basis_of(operation.schema)
    for ours in basis.document.operations:
        if ours.parameters and str(ours) == operation.label:
            yield from ((ours, resource) for resource in basis.known.get(operation.label, ()))


def _encoded(operation: Operation, resource: Resource) -> dict[str, str]:
    """Return path parameters as they stand in a URL: Schemathesis does not encode those of an example."""
    values = operation.bind(resource)
    return {each.name: quote(values[each.name], safe=each.separators) for each in operation.parameters}


_BASES: Final[dict[tuple[int, str | None], tuple[Any, _Basis]]] = {}
"""Schemas by the identity and location of their contents, which are kept so that no other object gets the identity."""


def _basis_of(schema: schemathesis.BaseSchema) -> _Basis:
    """Return what the schema's responses are judged by, made once; raises ContractError for what cannot be used."""
    contents, place = schema.raw_schema, schema.location
    if (id(contents), place) not in _BASES:
        # Schemathesis sets the location after its hooks on loading. Only references to other files depend on it, and a
        # document with such references was not read by those hooks.
        _, early = _BASES.get((id(contents), None), (None, None))
        _BASES[id(contents), place] = (contents, early or _read(contents, place or ""))
    return _BASES[id(contents), place][1]


def _refers_to_files(contents: Any) -> bool:
    return any(
        pointer.endswith("/$ref") and isinstance(value, str) and not value.startswith("#")
        for pointer, value in walk_json(contents)
    )


def _read(contents: Any, place: str) -> _Basis:
    """Read the variables, and the document that they name; without one it is what Schemathesis loaded."""
    components = contents.get("components") if isinstance(contents, dict) else None
    is_secured = bool(isinstance(components, dict) and components.get("securitySchemes"))
    file = os.environ.get(DOCUMENT, "")
    path = Path(file) if file else _path_of(place)
    if file:
        contents, _ = read_file(path)
    overlays = [word.strip() for word in os.environ.get(OVERLAY, "").split(",") if word.strip()]
    files = overlay_files(overlays, pinned=is_pinned(contents), option=OVERLAY)
    document = load_contents(contents, path, files)
    for line in left_out_lines(document):
        _LOG.warning("not judged by the check contract: %s", visible(line))
    known = resources_of(document, _ids())
    return _Basis(
        document,
        OperationFinder(document),
        {str(each): known[each.path] for each in document.operations if each.parameters},
        is_on(None, VARIABLES["strict_refusals"]),
        is_secured,
    )


def _ids() -> tuple[str, ...]:
    """Return the ids that the variables name; raises ConfigurationError for a file without any."""
    if file := os.environ.get(JOB_IDS_FILE, ""):
        return check_ids(ids_in(Path(file), JOB_IDS_FILE))
    return check_ids(listed_ids(os.environ.get(VARIABLES["job_ids"], "")))


def _path_of(place: str) -> Path:
    """Return the file that a schema was loaded from; for a URL a name of it that is no file and has none beside it."""
    parts = urlsplit(place)
    if parts.scheme == "file":
        return Path(url2pathname(parts.path))
    return Path(f"{parts.netloc}{parts.path}" or "the document")
