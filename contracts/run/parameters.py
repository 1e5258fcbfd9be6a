"""Values of parameters that the user gives by `--parameter NAME=VALUE` and `--parameters FILE`.

Hides which operations a name is of, and how a text is read as a value of the parameter's schema.
"""

import csv
import io
import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from contracts.judge import compiled, scalar
from contracts.openapi import UNREADABLE, ConfigurationError, Document, Operation, Parameter, Resource, parse_json

Given = Mapping[tuple[str, str], tuple[Any, ...]]
"""By place and name, the values that are given for the parameters of one operation, in order."""

Row = Mapping[str, str]
"""Names of parameters to texts that belong together."""


def rows_of(words: Iterable[str], file: str | None) -> tuple[Row, ...]:
    """Return the rows of the options; raises ConfigurationError for a word without `=` and for a malformed file.

    All values of `--parameter` are combined with each other; a row of the file stands by itself.
    """
    columns: dict[str, list[str]] = defaultdict(list)
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise ConfigurationError(f"--parameter {word!r} has no name and value; write it as NAME=VALUE")
        columns[name].append(value)
    single = [{name: value} for name, values in columns.items() for value in values]
    return (*single, *(_rows_in(Path(file)) if file else ()))


def _rows_in(file: Path) -> Iterator[Row]:
    try:
        text = file.read_text("utf-8-sig")
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True, restkey="", restval=None)
        rows = list(reader)
    except OSError as error:
        raise ConfigurationError(
            f"--parameters {file} cannot be read: {error.strerror}; name a readable file"
        ) from None
    except (UnicodeDecodeError, csv.Error) as error:
        fix = "write CSV in UTF-8, with a first line of names"
        raise ConfigurationError(f"--parameters {file} is no CSV ({error}); {fix}") from None
    names = list(reader.fieldnames or ())
    if not rows or not all(names) or len(set(names)) < len(names):
        problem = "holds no values behind a first line of names, each once"
        raise ConfigurationError(f"--parameters {file} {problem}; write the names, then a row for each set of values")
    for number, row in enumerate(rows, 2):
        if "" in row or None in row.values():
            problem = f"row {number} has another number of values than the {len(names)} names of the first line"
            raise ConfigurationError(f"--parameters {file}: {problem}; write {len(names)} values, quoted if need be")
        yield row


def given_parameters(document: Document, rows: Sequence[Row]) -> dict[str, Given]:
    """Return, by the operation's path, the values given for its query, header and cookie parameters.

    Raises ConfigurationError for a name of no operation, and for a value that breaks the parameter's schema.
    """
    _check_names(document, rows)
    found: dict[str, dict[tuple[str, str], dict[str, Any]]] = defaultdict(lambda: defaultdict(dict))
    for operation in document.operations:
        for row in rows:
            for name, text in row.items():
                for parameter in _named(operation, operation.other_parameters, name):
                    value = _value(document, parameter, name, text)
                    found[operation.path][parameter.place, parameter.name][text] = value
    return {path: {key: tuple(values.values()) for key, values in by_key.items()} for path, by_key in found.items()}


def given_resources(document: Document, rows: Sequence[Row]) -> dict[str, tuple[Resource, ...]]:
    """Return, by the operation's path, the resources that exist by the values given for all its path parameters."""
    found: dict[str, tuple[Resource, ...]] = {}
    for operation in document.operations:
        columns: list[list[tuple[int, str]]] = []
        for parameter in operation.parameters:
            own = [
                (number, _path_text(document, parameter, name, text))
                for number, row in enumerate(rows)
                for name, text in row.items()
                if _named(operation, (parameter,), name)
            ]
            columns.append(own)
        together = {number for number, row in enumerate(rows) if len(row) > 1}
        resources = [
            tuple(text for _, text in combined)
            for combined in itertools.islice(itertools.product(*columns), 10_000)
            if len({number for number, _ in combined if number in together}) <= 1
        ]
        if operation.parameters and resources:
            found[operation.path] = tuple(dict.fromkeys(resources))
    return found


def _check_names(document: Document, rows: Sequence[Row]) -> None:
    operations = document.operations
    for name in dict.fromkeys(name for row in rows for name in row):
        if not any(_named(each, (*each.parameters, *each.other_parameters), name) for each in operations):
            known = {
                each.name for operation in operations for each in (*operation.parameters, *operation.other_parameters)
            }
            near = get_close_matches(name.rpartition(":")[2], sorted(known), n=3, cutoff=0.4)
            hint = f"near are {', '.join(near)}" if near else f"there are {', '.join(sorted(known)[:8]) or 'none'}"
            fix = "write its name as the document has it, or OPERATION:NAME"
            raise ConfigurationError(f"--parameter {name[:60]!r} is of no operation ({hint}); {fix}")


def _named(operation: Operation, parameters: Iterable[Parameter], name: str) -> list[Parameter]:
    """Return those of the parameters that the name means: its own, alone or behind the operation's and a colon."""
    qualifier, _, own = name.rpartition(":")
    identifier = operation.document.schema(operation.pointer).get("operationId")
    is_meant = qualifier in (str(operation), operation.path, identifier)
    return [each for each in parameters if each.name == name or (is_meant and each.name == own)]


def _value(document: Document, parameter: Parameter, name: str, text: str) -> Any:
    """Return the value that the text is; a list may be written with commas, or as JSON like an object."""
    value = _read(document, parameter, text)
    if value is None or parameter.write(value[0]) is None:
        where = parameter.schema or parameter.pointer
        problem = "cannot be sent" if value else f"breaks its schema at {where}"
        raise ConfigurationError(f"--parameter {name}={text[:60]} {problem}; give a value that the parameter allows")
    return value[0]


def _path_text(document: Document, parameter: Parameter, name: str, text: str) -> str:
    written = parameter.write(_value(document, parameter, name, text))
    if not written or written in (".", ".."):
        raise ConfigurationError(f"--parameter {name}={text} cannot be sent: it is no path segment (RFC 3986, 5.2.4)")
    return written


def _read(document: Document, parameter: Parameter, text: str) -> tuple[Any] | None:
    if not parameter.schema:
        return (text,)
    is_valid = compiled(document).is_valid
    parts = text.split(",")
    for value in (scalar(text), text, _json(text), [scalar(part) for part in parts], parts):
        if is_valid(parameter.schema, value):
            return (value,)
    return None


def _json(text: str) -> Any:
    value, _ = parse_json(text.encode(errors="surrogatepass"))
    return text if value is UNREADABLE else value
