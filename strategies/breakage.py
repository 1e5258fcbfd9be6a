"""Keyword by keyword, the values that break a schema's promise at one place and keep all its others.

Whether the others are kept is asked of the validators; which value breaks a keyword is known from the keyword alone or,
where that is not enough, built of the schema with the keyword turned round.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import combinations
from typing import Any, ClassVar, Final

import jsonschema

from contracts.assertions import matches
from contracts.discriminator import Union
from contracts.document import Document
from contracts.formats import checker
from contracts.pointer import join
from strategies.covering import covering_node
from strategies.leaves import of_length
from strategies.schemas import Node, Unsatisfiable, made, pin
from strategies.sites import Site, Step, is_of, kinds, lacking, places, sites
from strategies.steps import property_node, undeclared
from strategies.walk import Walk

UNDECLARED: Final = "zz-undeclared"
"""A property that no document declares."""

BUILT: Final = 6
"""Up to so many values are built to find one that breaks a keyword and nothing else."""


@dataclass(frozen=True, slots=True)
class Breakage:
    """What breaks one rule: how the way there is named, the place in a value, the steps to it, and the change there.

    `place` has `*` for the index of an item and for a name that no document declares.
    """

    name: str
    rule: str
    place: str
    steps: tuple[Step, ...]
    change: Callable[[Any], Any]

    NOTHING: ClassVar[Any] = object()
    """What `change` gives where there is nothing to break."""


def breakages(document: Document, pointer: str) -> Iterator[Breakage]:
    """Every breakage of the schema at the place, in the document's order."""
    walk = Walk(document)
    for site in sites(walk.schemas, pointer):
        union = document.unions.get(site.part.pointer or "")
        if union is not None:
            yield from _union(walk, site, union)
        for keyword, breaks in _BREAKS.items():
            if keyword in site.schema:
                yield from breaks(walk, site, site.schema[keyword])


def _union(walk: Walk, site: Site, union: Union) -> Iterator[Breakage]:
    """OpenAPI 3.1.0, Discriminator Object."""
    known = {tag.casefold() for tag in union.tags}
    first = union.tags[0]
    admits = walk.schemas.fits((site.part,))

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
    yield from _ambiguous(walk, site, union)


def _ambiguous(walk: Walk, site: Site, union: Union) -> Iterator[Breakage]:
    """An object that fits another branch beside the one that its tag claims."""
    if union.keyword != "oneOf":
        return
    rest = lacking(walk.schemas, site, union.keyword)
    for branch in union.tagged:
        claimed = (*rest, made(pin(union.tag, branch.tags)), walk.schemas.at(branch.target))
        for other in union.tagged:
            both = (*claimed, walk.schemas.at(other.target))
            if other is not branch and walk.schemas.feasible(both):
                what = f"{branch.tags[0]}, and {other.name} too"
                values = _built(walk, site, both)
                yield _breakage(site, "oneOf", what, _first_sound(walk, site, ("oneOf",), values), "union.ambiguous")


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


def _breakage(
    site: Site, keyword: str, what: str, change: Callable[[Any], Any], rule: str = "", inside: str = ""
) -> Breakage:
    name = f"{site.name}{inside} {what}"
    return Breakage(name, rule or f"schema.{keyword}", site.place + inside, site.steps, change)


def _sound(walk: Walk, site: Site, said: tuple[str | None, ...], candidates: Iterable[Any]) -> Iterator[Any]:
    """The candidates of which jsonschema says that they break one of these keywords and no other."""
    schema = {**walk.schemas.document.contents, "allOf": [part.schema for part in site.node]}
    validator = jsonschema.Draft202012Validator(schema, format_checker=checker())
    for candidate in candidates:
        broken = {error.validator for error in validator.iter_errors(candidate)}
        if broken and broken <= set(said):
            yield candidate


def _first_sound(
    walk: Walk, site: Site, said: tuple[str | None, ...], candidates: Callable[[Any], Iterable[Any]]
) -> Callable[[Any], Any]:
    """A change into the first sound one of the values that are made of the value that stands there."""
    return lambda value: next(_sound(walk, site, said, candidates(value)), Breakage.NOTHING)


def _changed(
    walk: Walk, site: Site, keyword: str, what: str, change: Callable[[Any], Iterable[Any]] = lambda value: ()
) -> Breakage:
    """The first sound one of the values that a change makes of the value there or, failing that, that are built."""
    turned = (*lacking(walk.schemas, site, keyword), made({"not": {keyword: site.schema[keyword]}}))
    build = _built(walk, site, turned)

    def candidates(value: Any) -> Iterator[Any]:
        yield from change(value)
        yield from build(value)

    return _breakage(site, keyword, what, _first_sound(walk, site, (keyword,), candidates))


def _built(walk: Walk, site: Site, node: Node) -> Callable[[Any], Iterator[Any]]:
    """What makes values of a node in the place of a value; of an object as much as possible is kept."""

    def change(value: Any) -> Iterator[Any]:
        for built in _some(walk, node):
            if isinstance(built, dict) and isinstance(value, dict):
                yield from ({**built, **value}, {**value, **built})
            yield built

    return change


@lru_cache(maxsize=1024)
def _some(walk: Walk, node: Node) -> tuple[Any, ...]:
    """Some values of a node; none where there are none, or none is found."""
    try:
        return covering_node(walk, node, BUILT).values
    except Unsatisfiable:
        return ()


def _type(walk: Walk, site: Site, types: Any) -> Iterator[Breakage]:
    if site.conditional:
        return  # Of another type, the value is another alternative, or meets the condition no more.
    allowed = [types] if isinstance(types, str) else types
    for kind, sample in _SAMPLES.items():
        if not any(is_of(sample, name) for name in allowed):
            yield _breakage(site, "type", kind, _replaced(sample))


def _enum(walk: Walk, site: Site, listed: list[Any]) -> Iterator[Breakage]:
    texts = [value for value in listed if isinstance(value, str)]
    for what, candidate in (
        ("unheard of", "zz-unheard-of"),
        *((name, change(text)) for text in texts[:1] for name, change in _NEAR.items()),
        ("empty", ""),
        ("a number", 987654321),
    ):
        for sound in _sound(walk, site, ("enum",), [candidate]):
            yield _breakage(site, "enum", what, _replaced(sound))


_NEAR: Final[dict[str, Callable[[str], str]]] = {
    "in the other case": str.swapcase,
    "with a blank": lambda text: text + " ",
    "cut": lambda text: text[:-1],
}


def _const(walk: Walk, site: Site, value: Any) -> Iterator[Breakage]:
    candidates = ["zz-unheard-of", 987654321, 0.5, None, not value if isinstance(value, bool) else True, [], {}]
    yield _changed(walk, site, "const", "another", lambda value: candidates)


def _required(walk: Walk, site: Site, names: list[str]) -> Iterator[Breakage]:
    for name in names:
        if name in site.tags:
            continue

        def without(value: Any, name: str = name) -> Any:
            if not isinstance(value, dict) or name not in value:
                return Breakage.NOTHING
            return {key: item for key, item in value.items() if key != name}

        yield _breakage(site, "required", "absent", _steady(site, without), inside=join(name))


def _steady(site: Site, change: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The change, unless the site would judge the value no more."""

    def changed(value: Any) -> Any:
        broken = change(value)
        return broken if not site.conditional or list(places(broken, site.steps[-1:])) else Breakage.NOTHING

    return changed


def _dependent_required(walk: Walk, site: Site, rules: dict[str, list[str]]) -> Iterator[Breakage]:
    for holder, names in rules.items():
        for name in names:

            def without(value: Any, holder: str = holder, name: str = name) -> Any:
                if not isinstance(value, dict) or holder not in value or name not in value:
                    return Breakage.NOTHING
                return {key: item for key, item in value.items() if key != name}

            yield _breakage(site, "dependentRequired", f"absent beside {holder}", without, inside=join(name))


def _format(walk: Walk, site: Site, name: str) -> Iterator[Breakage]:
    for what, candidate in FORMAT_FLAWS.get(name, {"another text": "\n not of this format \n"}).items():
        for sound in _sound(walk, site, ("format",), [candidate]):
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


def _bound(keyword: str, step: float) -> Callable[[Walk, Site, Any], Iterator[Breakage]]:
    """A number just beyond a bound, in the direction of `step`."""

    def breaks(walk: Walk, site: Site, bound: float) -> Iterator[Breakage]:
        multiple = site.schema.get("multipleOf", 1)
        candidates = (bound, bound + step * multiple, bound + step / 2, bound + step, bound + step * 10**6)
        yield _changed(walk, site, keyword, "beyond", lambda value: candidates)

    return breaks


def _multiple_of(walk: Walk, site: Site, step: float) -> Iterator[Breakage]:
    def changed(value: Any) -> Iterator[Any]:
        if is_of(value, "number"):
            yield from (value + step / 2, value + 1, value - 1, value + step / 3)

    yield _changed(walk, site, "multipleOf", "between", changed)


def _length(shift: int) -> Callable[[Walk, Site, Any], Iterator[Breakage]]:
    """A text one character too long or too short."""

    def breaks(walk: Walk, site: Site, bound: int) -> Iterator[Breakage]:
        keyword = "maxLength" if shift > 0 else "minLength"
        length = bound + shift
        if length < 0:
            return

        def changed(value: Any) -> Iterator[str]:
            yield from (of_length(text, length, length) for text in (value, "a", "A", "0") if isinstance(text, str))

        yield _changed(walk, site, keyword, "beyond", changed)

    return breaks


def _pattern(walk: Walk, site: Site, pattern: str) -> Iterator[Breakage]:
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

    yield _changed(walk, site, "pattern", "no match", changed)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _min_items(walk: Walk, site: Site, bound: int) -> Iterator[Breakage]:
    if bound:
        yield _changed(walk, site, "minItems", "one too few", lambda value: [_list(value)[: bound - 1]])


def _max_items(walk: Walk, site: Site, bound: int) -> Iterator[Breakage]:
    def changed(there: Any) -> Iterator[list[Any]]:
        value = _list(there)
        missing = bound + 1 - len(value)
        yield from ([*value, *[item] * missing] for item in value[-1:])
        yield from (
            [*value, *extra[:missing]] for extra in (list(range(missing)), [f"extra-{n}" for n in range(missing)])
        )

    yield _changed(walk, site, "maxItems", "one too many", changed)


def _unique_items(walk: Walk, site: Site, unique: bool) -> Iterator[Breakage]:
    def changed(there: Any) -> Iterator[list[Any]]:
        value = _list(there)
        yield from ([*value, value[0]], [value[0], *value[:-1]], [value[0]] * len(value)) if value else ()

    if unique:
        yield _changed(walk, site, "uniqueItems", "one twice", changed)


def _min_properties(walk: Walk, site: Site, bound: int) -> Iterator[Breakage]:
    def changed(there: Any) -> Iterator[dict[str, Any]]:
        value = _dict(there)
        required = set(site.schema.get("required", ()))
        names = sorted(value, key=lambda name: name not in required)[: bound - 1]
        yield {name: value[name] for name in names}

    if bound:
        yield _changed(walk, site, "minProperties", "one too few", changed)


def _max_properties(walk: Walk, site: Site, bound: int) -> Iterator[Breakage]:
    def changed(there: Any) -> Iterator[dict[str, Any]]:
        value = _dict(there)
        missing = range(bound + 1 - len(value))
        yield {**value, **{f"{UNDECLARED}-{number}": next(iter(value.values()), None) for number in missing}}

    yield _changed(walk, site, "maxProperties", "one too many", changed)


def _additional_properties(walk: Walk, site: Site, allowed: Any) -> Iterator[Breakage]:
    known = (*site.schema.get("properties", ()), *site.schema.get("patternProperties", ()))
    for name in (UNDECLARED, "0", "A", "~") if allowed is False else ():
        if not any(name == text or matches(text, name) for text in known):
            added = partial(_with_property, name)
            yield _breakage(site, "additionalProperties", "undeclared", added, inside=join(name))
            return


def _with_property(name: str, value: Any) -> Any:
    return {**value, name: 1} if isinstance(value, dict) else Breakage.NOTHING


def _unevaluated_properties(walk: Walk, site: Site, allowed: Any) -> Iterator[Breakage]:
    if allowed is False:
        open_ = (*lacking(walk.schemas, site, "unevaluatedProperties"), made({"required": [UNDECLARED]}))
        said = ("unevaluatedProperties",)
        yield _breakage(site, said[0], "undeclared", _first_sound(walk, site, said, _built(walk, site, open_)))


def _unevaluated_items(walk: Walk, site: Site, allowed: Any) -> Iterator[Breakage]:
    if allowed is False:
        yield _changed(walk, site, "unevaluatedItems", "one too many", lambda value: _longer(value, (1,)))


def _longer(value: Any, more: Iterable[Any]) -> Iterator[Any]:
    if isinstance(value, list):
        yield from ([*value, item] for item in more)


def _properties(walk: Walk, site: Site, properties: dict[str, Any]) -> Iterator[Breakage]:
    """A property that a `false` schema rules out."""
    for name in (name for name, schema in properties.items() if schema is False):
        others = property_node(walk.schemas.flat(site.node), name)
        node = tuple(part for part in others if part.schema is not False)

        def added(value: Any, name: str = name, node: Node = node) -> Iterator[Any]:
            if isinstance(value, dict):
                yield from ({**value, name: item} for item in _some(walk, node))

        yield _breakage(site, "false", "there", _first_sound(walk, site, (None,), added), inside=join(name))


def _items(walk: Walk, site: Site, items: Any) -> Iterator[Breakage]:
    """An item that a `false` schema rules out."""
    if items is False:
        known = len(site.schema.get("prefixItems", ()))

        def longer(value: Any) -> Iterator[Any]:
            if isinstance(value, list) and len(value) >= known:
                yield from _longer(value, (*value[-1:], 1))

        yield _breakage(site, "false", "one too many", _first_sound(walk, site, ("items",), longer), inside="/*")


def _property_names(walk: Walk, site: Site, names: Any) -> Iterator[Breakage]:
    ruled_out = made({"not": names})

    def misnamed(value: Any) -> Iterator[Any]:
        if isinstance(value, dict):
            for extra in undeclared(walk.schemas, lacking(walk.schemas, site, "propertyNames")):
                held = _some(walk, extra.values)[:1]
                yield from ({**value, name: item} for name in _some(walk, (*extra.names, ruled_out)) for item in held)

    # What jsonschema says of a name, it says by the keyword inside.
    said = tuple(names) if isinstance(names, dict) else (None,)
    yield _breakage(site, "propertyNames", "another name", _first_sound(walk, site, said, misnamed), inside="/*")


def _contains(walk: Walk, site: Site, wanted: Any) -> Iterator[Breakage]:
    rest = lacking(walk.schemas, site, "contains", "minContains", "maxContains")
    few, most = site.schema.get("minContains", 1), site.schema.get("maxContains")
    said = ("contains", "minContains", "maxContains")
    for what, counts in (
        ("too few", {"minContains": 0, "maxContains": few - 1} if few else None),
        ("too many", {"minContains": most + 1} if most is not None else None),
    ):
        if counts is not None:
            build = _built(walk, site, (*rest, made({"contains": wanted, **counts})))
            yield _breakage(site, "contains", what, _first_sound(walk, site, said, build))


def _not(walk: Walk, site: Site, ruled_out: Any) -> Iterator[Breakage]:
    node = (*lacking(walk.schemas, site, "not"), site.part.child("not"))
    if walk.schemas.feasible(node):
        yield _breakage(site, "not", "of that kind", _first_sound(walk, site, ("not",), _built(walk, site, node)))


def _alternatives(keyword: str) -> Callable[[Walk, Site, Any], Iterator[Breakage]]:
    """A value of a type that no alternative has or, for `oneOf`, one that fits two of them."""

    def breaks(walk: Walk, site: Site, branches: list[Any]) -> Iterator[Breakage]:
        if site.part.pointer in walk.schemas.document.unions:
            return
        found = [kind for kind in kinds(walk.schemas, site.part, keyword) if kind]
        for kind, sample in _SAMPLES.items():
            if len(found) == len(branches) and not any(is_of(sample, name) for name in found):
                yield _breakage(site, keyword, kind, _replaced(sample))
        if keyword == "oneOf":
            yield from _several(walk, site, len(branches))

    return breaks


def _several(walk: Walk, site: Site, count: int) -> Iterator[Breakage]:
    rest = lacking(walk.schemas, site, "oneOf")
    for one, other in combinations(range(count), 2):
        both = (*rest, site.part.child("oneOf", one), site.part.child("oneOf", other))
        if walk.schemas.feasible(both):
            change = _first_sound(walk, site, ("oneOf",), _built(walk, site, both))
            yield _breakage(site, "oneOf", f"fits {one} and {other}", change)


_BREAKS: Final[dict[str, Callable[[Walk, Site, Any], Iterator[Breakage]]]] = {
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
    "unevaluatedProperties": _unevaluated_properties,
    "unevaluatedItems": _unevaluated_items,
    "properties": _properties,
    "propertyNames": _property_names,
    "items": _items,
    "contains": _contains,
    "not": _not,
    "anyOf": _alternatives("anyOf"),
    "oneOf": _alternatives("oneOf"),
}
"""Keyword to what breaks it."""
