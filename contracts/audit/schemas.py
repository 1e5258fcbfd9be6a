"""The rules about schemas: those that admit too much or nothing, that contradict their own examples, or assert nothing.

Each rule is a function of the subject that yields findings.
"""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final

from contracts.audit.corrections import remove, replace_keywords, update, with_null
from contracts.audit.finding import Correction, DocumentFinding
from contracts.audit.subject import Subject, shown
from contracts.openapi import (
    ANNOTATIONS,
    json_type,
    open_objects,
    parse_media_type,
    silent_words,
    subschemas,
    to_pointer,
)

_PLAIN: Final[tuple[Any, ...]] = (None, {}, [], "", 0, False)
"""The least value of each type."""

_UNDECLARED: Final = "undeclared"
_ASSERTED_LATER: Final = {"exclusiveMinimum": "minimum", "exclusiveMaximum": "maximum"}
_UNSEEN: Final = frozenset(("allOf", "$ref", "anyOf", "oneOf"))


def unsatisfiable(subject: Subject) -> Iterator[DocumentFinding]:
    """Yield schemas that no value satisfies, the innermost alone."""
    impossible = {place for place, _ in subject.schemas() if not _is_negated(place) and subject.is_impossible(place)}
    for place in sorted(impossible):
        schema: Any = subject.document.schema(place)
        inner = [place + to_pointer(*path) for path, _ in subschemas(schema)]
        if "$ref" in schema:
            inner.append(subject.document.resolve(schema["$ref"])[0])
        if impossible.intersection(inner):
            continue
        correction = Correction("resolve the contradiction between its keywords")
        if schema.get("additionalProperties") is False and _UNSEEN & schema.keys():
            actions = replace_keywords(
                subject.document, place, ["additionalProperties"], {"unevaluatedProperties": False}
            )
            words = "write unevaluatedProperties: false: additionalProperties does not see into what stands beside it"
            correction = Correction(words, (actions,))
        answer = next((value for value in _of_type(schema) if subject.verdict(place, value) is False), None)
        why = "and so does every other value"
        yield subject.finding(
            "document.unsatisfiable", "no value satisfies it", place, correction, shown(answer, why, passes=False)
        )


def body_admits_everything(subject: Subject) -> Iterator[DocumentFinding]:
    """Yield JSON bodies without a schema, or with one that asserts nothing."""
    for _, spec, key, place in subject.responses():
        at = place or spec.pointer + to_pointer("content", key)
        parsed = parse_media_type(key)
        # A range such as */* says on purpose that anything may come.
        if parsed and parsed.is_json and (place is None or _admits_everything(subject, place)):
            answer = shown(_SURPRISE, f"any body of {spec.status} keeps the document's word", passes=True)
            correction = Correction("describe the body")
            yield subject.finding("document.body-admits-everything", "every body passes", at, correction, answer)


def admits_everything(subject: Subject) -> Iterator[DocumentFinding]:
    """Yield properties and items whose schema asserts nothing."""
    for place, _ in subject.schemas():
        schema: Any = subject.document.schema(place)
        for path, _ in subschemas(schema):
            at = place + to_pointer(*path)
            if path[0] in ("properties", "items") and at in subject.judged and _admits_everything(subject, at):
                answer = shown(_SURPRISE, "any JSON value does", passes=True)
                correction = Correction("give it a type, if it is to have one")
                yield subject.finding("document.admits-everything", "every value passes", at, correction, answer)


def requires_nothing(subject: Subject) -> Iterator[DocumentFinding]:
    """Yield objects of bodies, and of lists that are bodies, that declare properties and accept an empty object."""
    for body in subject.bodies():
        schema: Any = subject.document.schema(body)
        items = body + to_pointer("items")
        place = subject.document.resolve(items)[0] if isinstance(schema, dict) and "items" in schema else body
        schema = subject.document.schema(place)
        names = [*schema.get("properties", ())] if isinstance(schema, dict) else []
        if not names or schema.get("required") or subject.verdict(place, {}) is not True:
            continue
        answer = shown({}, "an object without any declared property is as good as one with all", passes=True)
        if len(names) == 1:
            correction = Correction(
                "require its only property", ((update(subject.document, place, {"required": names}),),)
            )
            what = "it does not require its only property"
            yield subject.finding("document.requires-nothing", what, place, correction, answer)
        else:
            correction = Correction("name in required the properties that every answer has")
            what = "it requires none of its properties"
            yield subject.finding("document.properties-optional", what, place, correction, answer)


def defaults(subject: Subject) -> Iterator[DocumentFinding]:
    """Yield defaults that break their own schema."""
    for place, schema in subject.schemas():
        if "default" in schema:
            yield from _misfit(subject, "document.default-invalid", place, place + "/default", schema["default"])


def examples(subject: Subject) -> Iterator[DocumentFinding]:
    """Yield examples of schemas, parameters, headers and bodies that break their schema."""
    for place, schema in subject.schemas():
        listed = schema.get("examples")
        own = [(place + "/example", schema["example"])] if "example" in schema else []
        if isinstance(listed, list):
            own += [(place + to_pointer("examples", index), each) for index, each in enumerate(listed)]
        for at, value in own:
            yield from _misfit(subject, "document.example-invalid", place, at, value)
    for holder, place in dict.fromkeys(_described(subject)):
        for at, value in _given(subject, holder):
            yield from _misfit(subject, "document.example-invalid", place, at, value)


def openapi_30(subject: Subject) -> Iterator[DocumentFinding]:
    """Yield `nullable` and boolean limits, where they change what was meant."""
    rule = "document.openapi-3.0"
    for place, schema in subject.schemas():
        if schema.get("nullable") is True and subject.verdict(place, None) is False:
            at = place + "/nullable"
            change = with_null(subject.document, place, schema)
            correction = Correction("write type: [..., 'null']", (change,) * bool(change))
            answer = shown(None, "nullable asserts nothing in 3.1", passes=False)
            yield subject.finding(rule, "nullable does not admit null", at, correction, answer)
        for keyword, limit in _ASSERTED_LATER.items():
            value = schema.get(limit)
            if schema.get(keyword) is True and value is not None and subject.verdict(place, value):
                actions = replace_keywords(subject.document, place, [keyword, limit], {keyword: value})
                answer = shown(value, "the limit itself is allowed", passes=True)
                correction = Correction("write the limit itself", (actions,))
                what = f"a boolean {keyword} excludes nothing"
                yield subject.finding(rule, what, place + to_pointer(keyword), correction, answer)


def asserts_nothing(subject: Subject) -> Iterator[DocumentFinding]:
    """Yield a finding for each format that no validator asserts, and each unknown or outdated keyword."""
    for place, schema in subject.schemas():
        for keyword, value in schema.items():
            words = None if keyword in subject.document.annotations else silent_words(keyword, value)
            if not words or keyword == "nullable" or keyword in _ASSERTED_LATER:
                continue
            rule = "document.format-unasserted" if keyword == "format" else "document.keyword-ignored"
            fix = "add a pattern, if it is to assert anything" if keyword == "format" else words[1]
            yield subject.finding(rule, f"{words[0]} asserts nothing", place + to_pointer(keyword), Correction(fix))


def undeclared_properties(subject: Subject) -> Iterator[DocumentFinding]:
    """Yield objects of responses that accept undeclared properties: notes, unless they are to be closed."""
    for place, keyword in open_objects(subject.document):
        if place not in subject.judged:
            continue
        value = next((each for each in subject.values(place, also={"type": "object"}) if isinstance(each, dict)), None)
        wider = None if value is None else {**value, _UNDECLARED: True}
        if wider is None or not subject.verdict(place, wider):
            continue
        changes = ((update(subject.document, place, {keyword: False}),),) * subject.closed
        words = "close it, here and in every run by --overlay closed"
        words = f"write {keyword}: false" if subject.closed else words
        answer = shown(wider, "a misspelt or forgotten property passes", passes=True)
        yield subject.finding(
            "document.undeclared-properties",
            "it accepts properties that it does not declare",
            place,
            Correction(words, changes),
            answer,
        )


_SURPRISE: Final = ["anything"]
"""A value that hardly any schema means."""


def _is_negated(place: str) -> bool:
    """Return whether the schema is one that values are to break, or may."""
    return not {"not", "if", "contains"}.isdisjoint(place.split("/"))


def _of_type(schema: dict[str, Any]) -> list[Any]:
    kinds = schema.get("type", [])
    return sorted(_PLAIN, key=lambda value: json_type(value) not in kinds)


def _admits_everything(subject: Subject, place: str) -> bool:
    """Return whether no keyword of the schema asserts anything, and both validators say so of a surprising value."""
    seen: set[str] = set()
    while place not in seen:
        seen.add(place)
        place, schema = subject.document.resolve(place)
        silent = ANNOTATIONS | subject.document.annotations
        keywords = schema if isinstance(schema, dict) else ()
        asserting = {name for name in keywords if name not in silent and name[:2] != "x-"}
        if schema is False or asserting - {"$ref"}:
            return False
        if asserting:
            place = schema["$ref"]
    return subject.verdict(place, _SURPRISE) is True


def _misfit(subject: Subject, rule: str, place: str, at: str, value: Any) -> Iterator[DocumentFinding]:
    if subject.verdict(place, value) is not False:
        return
    # What is writeOnly is closed in answers, and may stand in an example of a request.
    broken = [each for each in subject.violations(place, value) if each.rule != "schema.false"]
    if broken:
        first = broken[0]
        where = first.place.removeprefix("body") or "the value itself"
        answer = shown(value, f"it breaks {first.rule} at {where}", passes=False)
        kind = "default" if rule.endswith("default-invalid") else "example"
        correction = Correction(f"remove the {kind}, or correct it or the schema", ((remove(subject.document, at),),))
        what = f"the {kind} breaks {first.rule}"
        yield subject.finding(rule, what, at, correction, answer)


def _described(subject: Subject) -> Iterator[tuple[str, str]]:
    """Yield the place of each parameter, header and media type with a schema, and that of its schema."""
    for operation in subject.document.operations:
        for parameter in (*operation.parameters, *operation.other_parameters):
            if parameter.schema:
                yield parameter.schema.removesuffix("/schema"), parameter.schema
        for header in (header for spec in operation.responses for header in spec.headers):
            if header.schema:
                yield header.schema.removesuffix("/schema"), header.schema
    for _, _, _, place in subject.responses():
        if place:
            yield place.removesuffix("/schema"), place


def _given(subject: Subject, holder: str) -> Iterator[tuple[str, Any]]:
    """Yield the place and value of each example that a parameter, header or media type gives."""
    described: Any = subject.written(holder)
    if not isinstance(described, dict):
        return
    if "example" in described:
        yield holder + "/example", described["example"]
    named = described.get("examples")
    for name in named if isinstance(named, dict) else ():
        with suppress(LookupError, ValueError):  # An example elsewhere that is not there.
            at, each = subject.document.resolve(holder + to_pointer("examples", name))
            if isinstance(each, dict) and "value" in each:
                yield at, each["value"]
