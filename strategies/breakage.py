"""Keyword by keyword, the values that break a schema's promise at one place and keep all its others.

Whether the others are kept is asked of the validators; which value breaks a keyword is known from the keyword alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final, NamedTuple

import jsonschema

from contracts import dialect
from contracts.discriminator import Union
from contracts.document import Document
from contracts.formats import checker
from contracts.pointer import join
from strategies.leaves import of_length
from strategies.schemas import Part, Schemas

UNDECLARED: Final = "zz-undeclared"
"""A property that no document declares."""


class Step(NamedTuple):
    """One step into a value: a `property`, any `item`, the item at an `index`, or, going nowhere, a condition: the
    object's `tag` has the value, or the value is of the JSON `type`.
    """

    kind: str
    name: Any = None
    value: Any = None


@dataclass(frozen=True, slots=True)
class Breakage:
    """What breaks one rule: how the way there is named, the place in a value, the steps to it, and the change there."""

    name: str
    rule: str
    place: str
    steps: tuple[Step, ...]
    change: Callable[[Any], Any]

    NOTHING: ClassVar[Any] = object()
    """What `change` gives where there is nothing to break."""


@dataclass(frozen=True, slots=True)
class _Site:
    """A schema, and the way to the values that it judges.

    `root` is the outermost schema that judges the same values, and `tags` are the properties that tell its branches.
    """

    part: Part
    root: Part
    name: str = ""
    place: str = ""
    steps: tuple[Step, ...] = ()
    tags: frozenset[str] = frozenset()

    @property
    def schema(self) -> Any:
        return self.part.schema

    def inside(self, part: Part, step: Step, name: str) -> _Site:
        place = self.place + join("*" if step.kind in ("item", "index") else name)
        return _Site(part, part, self.name + join(name), place, (*self.steps, step))

    def given(self, part: Part, step: Step, label: str) -> _Site:
        tags = self.tags | ({step.name} if step.kind == "tag" else frozenset())
        return _Site(part, part, f"{self.name}[{label}]", self.place, (*self.steps, step), tags)


def breakages(document: Document, pointer: str) -> Iterator[Breakage]:
    """Every breakage of the schema at the place, in the document's order."""
    schemas = Schemas(document)
    start = schemas.at(pointer)
    for site in _sites(schemas, _Site(start, start), frozenset()):
        union = document.unions.get(site.part.pointer or "")
        if union is not None:
            yield from _union(schemas, site, union)
        for keyword, breaks in _BREAKS.items():
            if keyword in site.schema:
                yield from breaks(schemas, site, site.schema[keyword])


def places(value: Any, steps: tuple[Step, ...]) -> Iterator[tuple[str | int, ...]]:
    """The paths that the steps lead to in a value."""
    found: list[tuple[tuple[str | int, ...], Any]] = [((), value)]
    for step in steps:
        found = [way for path, at in found for way in _along(path, at, step)]
    return (path for path, _ in found)


def _along(path: tuple[str | int, ...], value: Any, step: Step) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    match step.kind:
        case "property" if isinstance(value, dict) and step.name in value:
            yield (*path, step.name), value[step.name]
        case "item" if isinstance(value, list):
            yield from (((*path, index), item) for index, item in enumerate(value))
        case "index" if isinstance(value, list) and step.name < len(value):
            yield (*path, step.name), value[step.name]
        case "tag" if isinstance(value, dict) and value.get(step.name) == step.value:
            yield path, value
        case "type" if _is(value, step.name):
            yield path, value


def _is(value: Any, name: str) -> bool:
    kind = dialect.json_type(value)
    return kind == name or (kind == "integer" and name == "number")


def _sites(schemas: Schemas, site: _Site, trail: frozenset[str]) -> Iterator[_Site]:
    """Every schema that judges a part of the value; not the tags, which are broken as the union's."""
    schema, key = site.schema, site.part.key
    if not isinstance(schema, dict) or key in trail:
        return
    trail |= {key}
    yield site
    if "$ref" in schema:
        yield from _sites(schemas, replace(site, part=schemas.at(schema["$ref"])), trail)
    for index in range(len(schema.get("allOf", ()))):
        yield from _sites(schemas, replace(site, part=site.part.child("allOf", index)), trail)
    for part, step, name in _parts(site.part):
        if not (step.kind == "property" and name in site.tags):
            yield from _sites(schemas, site.inside(part, step, name), trail)
    yield from _alternative_sites(schemas, site, trail)


def _parts(part: Part) -> Iterator[tuple[Part, Step, str]]:
    for name in part.schema.get("properties", {}):
        yield part.child("properties", name), Step("property", name), name
    for index in range(len(part.schema.get("prefixItems", ()))):
        yield part.child("prefixItems", index), Step("index", index), str(index)
    if isinstance(part.schema.get("items"), dict):
        yield part.child("items"), Step("item"), "*"


def _alternative_sites(schemas: Schemas, site: _Site, trail: frozenset[str]) -> Iterator[_Site]:
    union = schemas.document.unions.get(site.part.pointer or "")
    if union is not None:
        for branch in union.tagged:
            for tag in branch.tags:
                inside = site.given(schemas.at(branch.target), Step("tag", union.tag, tag), tag)
                yield from _sites(schemas, inside, trail)
        return
    for keyword in ("anyOf", "oneOf"):
        kinds = _kinds(schemas, site, keyword)
        for index, kind in enumerate(kinds):
            # Only alternatives told apart by their types: of others nobody can say which one was meant.
            if kind is not None and kinds.count(kind) == 1 and None not in kinds:
                inside = site.given(site.part.child(keyword, index), Step("type", kind), kind)
                # The alternative's type is not its own to break: another type is another alternative.
                own = replace(inside, part=inside.part.without("type"))
                yield from (own if found is inside else found for found in _sites(schemas, inside, trail))


def _kinds(schemas: Schemas, site: _Site, keyword: str) -> list[str | None]:
    """The type of each alternative; None where it has none, or several."""
    kinds = []
    for index in range(len(site.schema.get(keyword, ()))):
        part = site.part.child(keyword, index)
        while isinstance(part.schema, dict) and part.schema.keys() == {"$ref"}:
            part = schemas.at(part.schema["$ref"])
        kind = part.schema.get("type") if isinstance(part.schema, dict) else None
        kinds.append(kind if isinstance(kind, str) else None)
    return kinds


def _union(schemas: Schemas, site: _Site, union: Union) -> Iterator[Breakage]:
    """OpenAPI 3.1.0, Discriminator Object."""
    known = {tag.casefold() for tag in union.tags}
    first = union.tags[0]
    admits = schemas.fits((site.part,))

    def broken(rule: str, what: str, tag: Any) -> Breakage:
        def change(value: Any) -> Any:
            if not isinstance(value, dict) or union.tag not in value:
                return Breakage.NOTHING
            rest = {name: item for name, item in value.items() if name != union.tag}
            return rest if tag is _ABSENT else {union.tag: tag, **rest}

        place = site.place + join(union.tag)
        return Breakage(f"{site.name}{join(union.tag)} {what}", rule, place, site.steps, change)

    yield broken("union.tag-missing", "absent", _ABSENT)
    yield broken("union.tag-unknown", "unheard of", "zz-unheard-of")
    for what, tag in (("in the other case", first.swapcase()), ("with a blank", first + " "), ("empty", "")):
        if tag not in union.tags and (tag.casefold() in known or tag != first):
            yield broken("union.tag-unknown", what, tag)
    for what, other in (("null", None), ("integer", 5), ("array", [first])):
        yield broken("union.tag-type", what, other)
    for kind, sample in _SAMPLES.items():
        if kind != "object" and not admits(sample):
            yield Breakage(f"{site.name} {kind}", "schema.type", site.place, site.steps, _replaced(sample))


_ABSENT: Final = object()

_SAMPLES: Final[dict[str, Any]] = {
    "null": None,
    "boolean": True,
    "integer": 5,
    "number": 1.5,
    "string": "text",
    "array": [],
    "object": {},
}


def _replaced(new: Any) -> Callable[[Any], Any]:
    return lambda value: new


def _breakage(site: _Site, keyword: str, what: str, change: Callable[[Any], Any], inside: str = "") -> Breakage:
    rule = f"schema.{keyword}"
    return Breakage(f"{site.name}{inside} {what}", rule, site.place + inside, site.steps, change)


def _sound(schemas: Schemas, site: _Site, keyword: str, candidates: Iterable[Any]) -> Iterator[Any]:
    """The candidates of which jsonschema says that they break this keyword and no other."""
    schema = {**schemas.document.contents, "allOf": [site.root.schema]}
    validator = jsonschema.Draft202012Validator(schema, format_checker=checker())
    for candidate in candidates:
        if {error.validator for error in validator.iter_errors(candidate)} == {keyword}:
            yield candidate


def _changed(
    schemas: Schemas, site: _Site, keyword: str, what: str, change: Callable[[Any], Iterable[Any]]
) -> Breakage:
    """The first sound one of the values that a change makes of the value that stands there."""

    def first(value: Any) -> Any:
        return next(_sound(schemas, site, keyword, change(value)), Breakage.NOTHING)

    return _breakage(site, keyword, what, first)


def _type(schemas: Schemas, site: _Site, types: Any) -> Iterator[Breakage]:
    if site.steps and site.steps[-1].kind == "tag":
        return  # Another type is another alternative, or none: the union's to break.
    allowed = [types] if isinstance(types, str) else types
    for kind, sample in _SAMPLES.items():
        if not any(_is(sample, name) for name in allowed):
            yield _breakage(site, "type", kind, _replaced(sample))


def _enum(schemas: Schemas, site: _Site, listed: list[Any]) -> Iterator[Breakage]:
    texts = [value for value in listed if isinstance(value, str)]
    for what, candidate in (
        ("unheard of", "zz-unheard-of"),
        *((name, change(text)) for text in texts[:1] for name, change in _NEAR.items()),
        ("empty", ""),
        ("a number", 987654321),
    ):
        for sound in _sound(schemas, site, "enum", [candidate]):
            yield _breakage(site, "enum", what, _replaced(sound))


_NEAR: Final[dict[str, Callable[[str], str]]] = {
    "in the other case": str.swapcase,
    "with a blank": lambda text: text + " ",
    "cut": lambda text: text[:-1],
}


def _const(schemas: Schemas, site: _Site, value: Any) -> Iterator[Breakage]:
    candidates = ["zz-unheard-of", 987654321, 0.5, None, not value if isinstance(value, bool) else True, [], {}]
    for candidate in list(_sound(schemas, site, "const", candidates))[:1]:
        yield _breakage(site, "const", "another", _replaced(candidate))


def _required(schemas: Schemas, site: _Site, names: list[str]) -> Iterator[Breakage]:
    for name in names:
        if name in site.tags:
            continue

        def without(value: Any, name: str = name) -> Any:
            if not isinstance(value, dict) or name not in value:
                return Breakage.NOTHING
            return {key: item for key, item in value.items() if key != name}

        yield _breakage(site, "required", "absent", without, join(name))


def _dependent_required(schemas: Schemas, site: _Site, rules: dict[str, list[str]]) -> Iterator[Breakage]:
    for holder, names in rules.items():
        for name in names:

            def without(value: Any, holder: str = holder, name: str = name) -> Any:
                if not isinstance(value, dict) or holder not in value or name not in value:
                    return Breakage.NOTHING
                return {key: item for key, item in value.items() if key != name}

            yield _breakage(site, "dependentRequired", f"absent beside {holder}", without, join(name))


def _format(schemas: Schemas, site: _Site, name: str) -> Iterator[Breakage]:
    for what, candidate in FORMAT_FLAWS.get(name, {"another text": "\n not of this format \n"}).items():
        for sound in _sound(schemas, site, "format", [candidate]):
            yield _breakage(site, "format", what, _replaced(sound))


FORMAT_FLAWS: Final[dict[str, dict[str, Any]]] = {
    # RFC 3339, section 5.6; what servers tend to send instead.
    "date-time": {
        "without offset": "2024-02-29T12:30:45",
        "a date": "2024-02-29",
        "a space for T": "2024-02-29 12:30:45Z",
        "no such day": "2023-02-29T12:30:45Z",
        "hour 24": "2024-02-29T24:00:00Z",
        "no seconds": "2024-02-29T12:30Z",
        "an offset without colon": "2024-02-29T12:30:45+0000",
        "an offset of hours": "2024-02-29T12:30:45+00",
        "a comma": "2024-02-29T12:30:45,5Z",
        "no digit behind the point": "2024-02-29T12:30:45.Z",
        "second 60 at noon": "2024-02-29T12:00:60Z",
        "a line break": "2024-02-29T12:30:45Z\n",
        "basic format": "20240229T123045Z",
        "seconds since 1970": "1709209845",
        "words": "Thu, 29 Feb 2024 12:30:45 GMT",
        "empty": "",
    },
    "int32": {"33 bits": 2**31, "negative, 33 bits": -(2**31) - 1},
    "int64": {"65 bits": 2**63, "negative, 65 bits": -(2**63) - 1},
}
"""Format to texts that are not of it, and what is wrong with them."""


def _bound(keyword: str, step: float) -> Callable[[Schemas, _Site, Any], Iterator[Breakage]]:
    """A number just beyond a bound, in the direction of `step`."""

    def breaks(schemas: Schemas, site: _Site, bound: float) -> Iterator[Breakage]:
        multiple = site.schema.get("multipleOf", 1)
        candidates = (bound, bound + step * multiple, bound + step / 2, bound + step, bound + step * 10**6)
        for candidate in list(_sound(schemas, site, keyword, candidates))[:1]:
            yield _breakage(site, keyword, "beyond", _replaced(candidate))

    return breaks


def _multiple_of(schemas: Schemas, site: _Site, step: float) -> Iterator[Breakage]:
    def changed(value: Any) -> Iterator[Any]:
        if _is(value, "number"):
            yield from (value + step / 2, value + 1, value - 1, value + step / 3)

    yield _changed(schemas, site, "multipleOf", "between", changed)


def _length(shift: int) -> Callable[[Schemas, _Site, Any], Iterator[Breakage]]:
    """A text one character too long or too short."""

    def breaks(schemas: Schemas, site: _Site, bound: int) -> Iterator[Breakage]:
        keyword = "maxLength" if shift > 0 else "minLength"
        length = bound + shift
        if length < 0:
            return

        def changed(value: Any) -> Iterator[str]:
            yield from (of_length(text, length, length) for text in (value, "a", "A", "0") if isinstance(text, str))

        yield _changed(schemas, site, keyword, "beyond", changed)

    return breaks


def _pattern(schemas: Schemas, site: _Site, pattern: str) -> Iterator[Breakage]:
    def changed(value: Any) -> Iterator[str]:
        if isinstance(value, str):
            yield from (
                value + "\n",
                value.swapcase(),
                "!" + value[1:],
                value + "!",
                "!" * len(value),
                "\n",
                "",
                "a",
                "0",
            )

    yield _changed(schemas, site, "pattern", "no match", changed)


def _min_items(schemas: Schemas, site: _Site, bound: int) -> Iterator[Breakage]:
    if bound:
        yield _changed(schemas, site, "minItems", "one too few", lambda value: [value[: bound - 1]])


def _max_items(schemas: Schemas, site: _Site, bound: int) -> Iterator[Breakage]:
    def changed(value: list[Any]) -> Iterator[list[Any]]:
        missing = bound + 1 - len(value)
        yield from ([*value, *[item] * missing] for item in value[-1:])
        yield from (
            [*value, *extra[:missing]] for extra in (list(range(missing)), [f"extra-{n}" for n in range(missing)])
        )

    yield _changed(schemas, site, "maxItems", "one too many", changed)


def _unique_items(schemas: Schemas, site: _Site, unique: bool) -> Iterator[Breakage]:
    def changed(value: list[Any]) -> Iterator[list[Any]]:
        yield from ([*value, value[0]], [value[0], *value[:-1]], [value[0]] * len(value)) if value else ()

    if unique:
        yield _changed(schemas, site, "uniqueItems", "one twice", changed)


def _min_properties(schemas: Schemas, site: _Site, bound: int) -> Iterator[Breakage]:
    def changed(value: dict[str, Any]) -> Iterator[dict[str, Any]]:
        required = set(site.schema.get("required", ()))
        names = sorted(value, key=lambda name: name not in required)[: bound - 1]
        yield {name: value[name] for name in names}

    if bound:
        yield _changed(schemas, site, "minProperties", "one too few", changed)


def _max_properties(schemas: Schemas, site: _Site, bound: int) -> Iterator[Breakage]:
    def changed(value: dict[str, Any]) -> Iterator[dict[str, Any]]:
        missing = range(bound + 1 - len(value))
        yield {**value, **{f"{UNDECLARED}-{number}": next(iter(value.values()), None) for number in missing}}

    yield _changed(schemas, site, "maxProperties", "one too many", changed)


def _additional_properties(schemas: Schemas, site: _Site, allowed: Any) -> Iterator[Breakage]:
    if allowed is False:
        yield _breakage(site, "additionalProperties", "undeclared", _with_undeclared(1), join(UNDECLARED))
        return
    part = site.part.child("additionalProperties")
    kind = part.schema.get("type") if isinstance(part.schema, dict) else None
    if isinstance(kind, str):
        sample = next(sample for sample in _SAMPLES.values() if not _is(sample, kind))
        yield _breakage(site, "type", "of an undeclared property", _with_undeclared(sample), join(UNDECLARED))


def _with_undeclared(sample: Any) -> Callable[[Any], Any]:
    return lambda value: {**value, UNDECLARED: sample} if isinstance(value, dict) else Breakage.NOTHING


def _alternatives(keyword: str) -> Callable[[Schemas, _Site, Any], Iterator[Breakage]]:
    """A value of a type that no alternative has."""

    def breaks(schemas: Schemas, site: _Site, branches: list[Any]) -> Iterator[Breakage]:
        if site.part.pointer in schemas.document.unions:
            return
        kinds = [kind for kind in _kinds(schemas, site, keyword) if kind]
        for kind, sample in _SAMPLES.items():
            if len(kinds) == len(branches) and not any(_is(sample, name) for name in kinds):
                yield _breakage(site, keyword, kind, _replaced(sample))

    return breaks


_BREAKS: Final[dict[str, Callable[[Schemas, _Site, Any], Iterator[Breakage]]]] = {
    "type": _type,
    "enum": _enum,
    "const": _const,
    "required": _required,
    "dependentRequired": _dependent_required,
    "format": _format,
    "minimum": _bound("minimum", -1),
    "exclusiveMinimum": _bound("exclusiveMinimum", -1),
    "maximum": _bound("maximum", 1),
    "exclusiveMaximum": _bound("exclusiveMaximum", 1),
    "multipleOf": _multiple_of,
    "minLength": _length(-1),
    "maxLength": _length(1),
    "pattern": _pattern,
    "minItems": _min_items,
    "maxItems": _max_items,
    "uniqueItems": _unique_items,
    "minProperties": _min_properties,
    "maxProperties": _max_properties,
    "additionalProperties": _additional_properties,
    "anyOf": _alternatives("anyOf"),
    "oneOf": _alternatives("oneOf"),
}
"""Keyword to what breaks it."""
