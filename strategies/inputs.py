"""Choose the values of query, header and cookie parameters: what the user gives, else the document, else the schema.

Hides where a value is found, and which of several can be sent.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Final

from contracts.openapi import DocumentError, Inputs, Operation, Parameter, inputs_of
from strategies.values import JSON, covering_set

Given = Mapping[tuple[str, str], Sequence[JSON]]
"""By place and name, the values that the user gives for parameters of one operation."""

_PLAIN: Final = "sample"
"""The value of a parameter that may be anything."""


def required_inputs(operation: Operation, given: Given, sent: Iterable[tuple[str, str]] = ()) -> Inputs:
    """Return what every request of the operation carries: its required parameters, and those that the user gives.

    `sent` are the place and name of credentials that the session adds by itself. Raises DocumentError, with the fix,
    for a required parameter of which no value is found.
    """
    values, made_up, taken = [], False, {_key(place, name) for place, name in sent}
    for parameter in operation.other_parameters:
        named = given.get((parameter.place, parameter.name), ())
        if (not parameter.required and not named) or _key(parameter.place, parameter.name) in taken:
            continue
        text = _first(parameter, named or parameter.candidates)
        if text is None:
            made_up = True
            text = _first(parameter, _of_schema(operation, parameter))
        if text is None:
            fix = f"give an example in the document, or --parameter {parameter.name}=VALUE"
            problem = f"is a required {parameter.place} parameter of which no value is found that can be sent"
            raise DocumentError(operation.document.path, parameter.pointer, problem, fix)
        values.append((parameter, text))
    return inputs_of(values, made_up=made_up)


def optional_inputs(operation: Operation, given: Given, sent: Iterable[tuple[str, str]] = ()) -> Iterator[Inputs]:
    """Yield what requests carry that exercise each optional parameter once, and each further value that is given."""
    taken = {_key(place, name) for place, name in sent}
    for parameter in operation.other_parameters:
        key = (parameter.place, parameter.name)
        if _key(*key) in taken:
            continue
        named = given.get(key, ())
        if named:
            texts = [_first(parameter, [value]) for value in named[1:]]
        elif parameter.required:
            continue
        else:
            texts = [_first(parameter, parameter.candidates)]
            with suppress(DocumentError):  # Of an optional parameter there need be no value.
                texts = [texts[0] or _first(parameter, _of_schema(operation, parameter))]
        for text in filter(None, texts):
            yield _with(operation, given, sent, parameter, text)


def _with(
    operation: Operation, given: Given, sent: Iterable[tuple[str, str]], parameter: Parameter, text: str
) -> Inputs:
    """Return the inputs of one request in which this parameter has this text, and the others what they always have."""
    taken = {_key(place, name) for place, name in sent}
    values = []
    for each in operation.other_parameters:
        named = given.get((each.place, each.name), ())
        if each is parameter:
            values.append((each, text))
        elif (each.required or named) and _key(each.place, each.name) not in taken:
            usual = _first(each, named or each.candidates) or _first(each, _of_schema(operation, each))
            values += [(each, usual)] if usual is not None else []
    return inputs_of(values, made_up=True)


def _key(place: str, name: str) -> tuple[str, str]:
    # Names of header fields are the same in any case (RFC 9110, section 5.1).
    return place, name.lower() if place == "header" else name


def _of_schema(operation: Operation, parameter: Parameter) -> Sequence[JSON]:
    return covering_set(operation.document, parameter.schema) if parameter.schema else (_PLAIN,)


def _first(parameter: Parameter, values: Iterable[JSON]) -> str | None:
    """Return the first value, written, that can be sent; one that is empty only if there is no other."""
    written = [(value, text) for value in values if (text := parameter.write(value)) is not None]
    full = (text for value, text in written if value not in ("", None))
    return next(full, written[0][1] if written else None)
