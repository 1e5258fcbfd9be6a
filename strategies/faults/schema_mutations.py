"""Derive mutations from a schema, keyword by keyword: each breaks one promise at one place and keeps all others.

Hides which values come close to a legal one: another case, a blank, one unit beyond a bound, what servers tend to send
in place of a date-time; and how an object or array is enlarged, cut or rearranged so that the other keywords are kept.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from itertools import chain, combinations
from typing import Any, Final

from contracts.openapi import Document, Union, matches_pattern, to_pointer
from strategies.faults.mutation_search import (
    INTEGER_FLAWS,
    SAMPLES,
    UNDECLARED,
    Breaks,
    SchemaMutation,
    built,
    built_if_feasible,
    first_sound,
    mutation,
    replaced,
    some_values,
    sound,
)
from strategies.faults.mutations import NOTHING, Change
from strategies.faults.schema_locations import Site, is_of, kinds, places, sites
from strategies.values import Fits, Node, inline, of_length, pin, property_node, undeclared, walk_of


def schema_mutations(document: Document, pointer: str) -> Iterator[SchemaMutation]:
    """Yield every mutation of the schema at a JSON pointer, in the document's order."""
    for site in sites(walk_of(document), pointer):
        if site.union is not None:
            yield from _union(site, site.union)
        for keyword, breaks in _KEYWORDS.items():
            if keyword in site.schema:
                yield from breaks(site, keyword, site.schema[keyword])


def _type(site: Site, keyword: str, types: Any) -> Iterator[SchemaMutation]:
    if site.conditional:
        return  # A value of another type would be another alternative's, or fail the condition.
    allowed = [types] if isinstance(types, str) else types
    for kind, sample in SAMPLES.items():
        if not any(is_of(sample, name) for name in allowed):
            yield mutation(site, "type", kind, replaced(sample))


def _enum(site: Site, keyword: str, listed: list[Any]) -> Iterator[SchemaMutation]:
    flaws: dict[str, Any] = {"unheard of": "zz-unheard-of"}
    for text in [value for value in listed if isinstance(value, str)][:1]:
        flaws |= {"in the other case": text.swapcase(), "with a blank": text + " ", "cut": text[:-1]}
    yield from _instead(site, "enum", {**flaws, "empty": "", "a number": 987654321})


def _format(site: Site, keyword: str, name: str) -> Iterator[SchemaMutation]:
    yield from _instead(site, "format", FORMAT_FLAWS.get(name, {"another text": "\n not of this format \n"}))


def _instead(site: Site, keyword: str, flaws: dict[str, Any]) -> Iterator[SchemaMutation]:
    """Take in place of any value each of these that breaks the keyword alone; they are named by what is wrong."""
    for what, candidate in flaws.items():
        for value in sound(site, (keyword,), [candidate]):
            yield mutation(site, keyword, what, replaced(value))


FORMAT_FLAWS: Final[dict[str, dict[str, Any]]] = {
    # RFC 3339, section 5.6, against the forms that servers tend to send instead.
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
    **INTEGER_FLAWS,
}
"""Format to values that are not of it, by what is wrong with them."""


def _required(site: Site, keyword: str, names: list[str]) -> Iterator[SchemaMutation]:
    for name in names:
        if name not in site.tags:
            change = partial(_steadily, site, partial(_without, name, name))
            yield mutation(site, "required", "absent", change, inside=to_pointer(name))


def _steadily(site: Site, change: Change, value: Any) -> Any:
    """Return the changed value, or NOTHING if the site would no longer judge it."""
    broken = change(value)
    return broken if not site.conditional or places(broken, site.steps[-1:]) else NOTHING


def _dependent_required(site: Site, keyword: str, rules: dict[str, list[str]]) -> Iterator[SchemaMutation]:
    for holder, names in rules.items():
        for name in names:
            change = partial(_without, name, holder)
            yield mutation(site, "dependentRequired", f"absent beside {holder}", change, inside=to_pointer(name))


def _without(name: str, holder: str, value: Any) -> Any:
    """Return the object without a property, or NOTHING if it does not have this one and its holder."""
    if not isinstance(value, dict) or not {name, holder} <= value.keys():
        return NOTHING
    return {key: item for key, item in value.items() if key != name}


def _additional_properties(site: Site, keyword: str, allowed: Any) -> Iterator[SchemaMutation]:
    declared, patterns = site.schema.get("properties", ()), site.schema.get("patternProperties", ())
    for name in (UNDECLARED, "0", "A", "~") if allowed is False else ():
        if name not in declared and not any(matches_pattern(pattern, name) for pattern in patterns):
            added = partial(_with_property, name)
            yield mutation(site, "additionalProperties", "undeclared", added, inside=to_pointer(name))
            return


def _with_property(name: str, value: Any) -> Any:
    return {**value, name: 1} if isinstance(value, dict) else NOTHING


def _unevaluated_properties(site: Site, keyword: str, allowed: Any) -> Iterator[SchemaMutation]:
    if allowed is False:
        node = (*site.without(keyword), inline({"required": [UNDECLARED]}))
        found = first_sound(site, (keyword,), partial(built, site, node))
        made = mutation(site, keyword, "undeclared", found)
        yield replace(made, place=made.place + to_pointer(UNDECLARED))


def _properties(site: Site, keyword: str, properties: dict[str, Any]) -> Iterator[SchemaMutation]:
    """Add a property that a `false` schema rules out."""
    for name in (name for name, schema in properties.items() if schema is False):
        others = property_node(site.walk.schemas.flat(site.node), name)
        values = partial(some_values, site.walk, tuple(part for part in others if part.schema is not False))
        added = partial(_with_one_of, name, values)
        yield mutation(site, "false", "there", first_sound(site, (None,), added), inside=to_pointer(name))


def _with_one_of(name: str, values: Callable[[], Iterable[Any]], value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from ({**value, name: item} for item in values())


def _items(site: Site, keyword: str, items: Any) -> Iterator[SchemaMutation]:
    """Add an item that a `false` schema rules out."""
    if items is False:
        known = len(site.schema.get("prefixItems", ()))

        def longer(value: Any) -> Iterator[Any]:
            if isinstance(value, list) and len(value) >= known:
                yield from ([*value, item] for item in (*value[-1:], 1))

        yield mutation(site, "false", "one too many", first_sound(site, ("items",), longer), inside="/*")


def _property_names(site: Site, keyword: str, names: Any) -> Iterator[SchemaMutation]:
    ruled_out = inline({"not": names})

    def misnamed(value: Any) -> Iterator[Any]:
        if isinstance(value, dict):
            for extra in undeclared(site.walk.schemas, site.without("propertyNames")):
                items = some_values(site.walk, extra.values)[:1]
                ruled_out_names = some_values(site.walk, (*extra.names, ruled_out))
                yield from ({**value, name: item} for name in ruled_out_names for item in items)

    # jsonschema reports a name by the keyword inside `propertyNames` that it breaks.
    broken = tuple(names) if isinstance(names, dict) else (None,)
    yield mutation(site, "propertyNames", "another name", first_sound(site, broken, misnamed), inside="/*")


def _contains(site: Site, keyword: str, wanted: Any) -> Iterator[SchemaMutation]:
    broken = ("contains", "minContains", "maxContains")
    few, most = site.schema.get("minContains", 1), site.schema.get("maxContains")
    counts = {"too few": {"minContains": 0, "maxContains": few - 1}} if few else {}
    if most is not None:
        counts["too many"] = {"minContains": most + 1}
    for what, count in counts.items():
        build = partial(built, site, (*site.without(*broken), inline({"contains": wanted, **count})))
        yield mutation(site, "contains", what, first_sound(site, broken, build))


def _union(site: Site, union: Union) -> Iterator[SchemaMutation]:
    """Break the tag of a union (OpenAPI 3.1.0, Discriminator Object)."""
    known = {tag.casefold() for tag in union.tags}
    first = union.tags[0]
    without_tag, inside = partial(_without, union.tag, union.tag), to_pointer(union.tag)

    def tagged(rule: str, what: str, tag: Any) -> SchemaMutation:
        def change(value: Any) -> Any:
            rest = without_tag(value)
            return NOTHING if rest is NOTHING else {union.tag: tag, **rest}

        return mutation(site, "discriminator", what, change, rule, inside)

    yield mutation(site, "discriminator", "absent", without_tag, "union.tag-missing", inside)
    yield tagged("union.tag-unknown", "unheard of", "zz-unheard-of")
    for what, tag in (("in the other case", first.swapcase()), ("with a blank", first + " "), ("empty", "")):
        if tag not in union.tags and (tag.casefold() in known or tag != first):
            yield tagged("union.tag-unknown", what, tag)
    for what, other in (("null", None), ("integer", 5), ("array", [first])):
        yield tagged("union.tag-type", what, other)
    admits = site.walk.schemas.fits((site.part,))
    for kind, sample in SAMPLES.items():
        if kind != "object" and not admits(sample):
            yield mutation(site, "type", kind, replaced(sample))
    if union.keyword == "oneOf":
        yield from _ambiguous(site, union)
    yield from _wrong_branch(site, union)


def _wrong_branch(site: Site, union: Union) -> Iterator[SchemaMutation]:
    """Build an object that fits one branch alone, under the tag of another; the branch has to leave the tag open."""
    rest, schemas = site.without(union.keyword), site.walk.schemas
    keeps_union = schemas.fits(site.node)
    for other in union.tagged:
        if not schemas.feasible((inline(pin(union.tag, (UNDECLARED,))), schemas.at(other.target))):
            continue
        for branch in (each for each in union.tagged if each is not other):
            claimed, ruled_out = inline(pin(union.tag, branch.tags)), inline({"not": {"$ref": branch.target}})
            node = (*rest, claimed, ruled_out, schemas.at(other.target))
            claims_in_vain = schemas.fits((claimed, ruled_out))

            def change(value: Any, node: Node = node, claims_in_vain: Fits = claims_in_vain) -> Any:
                made = (each for each in built(site, node, value) if keeps_union(each) and claims_in_vain(each))
                return next(made, NOTHING)

            if schemas.feasible(node):
                what = f"{branch.tags[0]} on {other.name}"
                yield mutation(site, "discriminator", what, change, "union.wrong-branch", "/*")


def _ambiguous(site: Site, union: Union) -> Iterator[SchemaMutation]:
    """Build an object that fits another branch besides the one that its tag claims."""
    rest, schemas = site.without("oneOf"), site.walk.schemas
    for branch in union.tagged:
        claimed = (*rest, inline(pin(union.tag, branch.tags)), schemas.at(branch.target))
        for other in union.tagged:
            if other is not branch:
                what = f"{branch.tags[0]}, and {other.name} too"
                both = (*claimed, schemas.at(other.target))
                yield from built_if_feasible(site, "oneOf", what, both, "union.ambiguous")


def _not(site: Site, keyword: str, ruled_out: Any) -> Iterator[SchemaMutation]:
    yield from built_if_feasible(site, "not", "of that kind", (*site.without("not"), site.part.child("not")))


def _alternatives(site: Site, keyword: str, branches: list[Any]) -> Iterator[SchemaMutation]:
    """Take a value of no alternative's type or, for `oneOf`, one that fits two."""
    if site.union is not None:
        return
    found = [kind for kind in kinds(site, keyword) if kind]
    for kind, sample in SAMPLES.items():
        if len(found) == len(branches) and not any(is_of(sample, name) for name in found):
            yield mutation(site, keyword, kind, replaced(sample))
    rest = site.without("oneOf")
    for one, other in combinations(range(len(branches)), 2) if keyword == "oneOf" else ():
        both = (*rest, site.part.child("oneOf", one), site.part.child("oneOf", other))
        yield from built_if_feasible(site, "oneOf", f"fits {one} and {other}", both)


Candidates = Callable[[Any, Any, dict[str, Any]], Iterable[Any]]
"""Returns values that may break a keyword, given the value that is there, the keyword's, and the whole schema."""


def _nearby(what: str, candidates: Candidates, asserts: Callable[[Any], bool] = lambda asserted: True) -> Breaks:
    """Return the function that takes the first sound candidate or, failing that, a value built to break the keyword.

    It yields nothing if `asserts` says that this value of the keyword asserts nothing.
    """

    def breaks(site: Site, keyword: str, asserted: Any) -> Iterator[SchemaMutation]:
        negated = (*site.without(keyword), inline({"not": {keyword: asserted}}))

        def near_or_built(value: Any) -> Iterator[Any]:
            return chain(candidates(value, asserted, site.schema), built(site, negated, value))

        if asserts(asserted):
            yield mutation(site, keyword, what, first_sound(site, (keyword,), near_or_built))

    return breaks


def _other_constants(value: Any, constant: Any, schema: dict[str, Any]) -> Iterable[Any]:
    return "zz-unheard-of", 987654321, 0.5, None, not constant if isinstance(constant, bool) else True, [], {}


def _beyond(step: float) -> Candidates:
    """Return the function that returns numbers just beyond a bound, in the direction of the step."""
    return lambda value, bound, schema: (
        bound,
        bound + step * schema.get("multipleOf", 1),
        bound + step / 2,
        bound + step,
        bound + step * 10**6,
    )


def _between_multiples(value: Any, step: float, schema: dict[str, Any]) -> Iterable[Any]:
    return (value + step / 2, value + 1, value - 1, value + step / 3) if is_of(value, "number") else ()


def _texts_of(shift: int) -> Candidates:
    """Return the function that returns texts longer than a bound by `shift`."""
    return lambda value, bound, schema: (
        of_length(text, bound + shift, bound + shift) for text in (value, "a", "A", "0") if isinstance(text, str)
    )


def _unlike_pattern(value: Any, pattern: str, schema: dict[str, Any]) -> Iterable[Any]:
    if not isinstance(value, str):
        return ()
    return value + "\n", value.swapcase(), "!" + value[1:], value + "!", "!" * len(value), "\n", "", "a", "0"


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _fewer_items(value: Any, bound: int, schema: dict[str, Any]) -> Iterable[Any]:
    yield _list(value)[: bound - 1]


def _more_items(value: Any, bound: int, schema: dict[str, Any]) -> Iterable[Any]:
    there = _list(value)
    missing = range(bound + 1 - len(there))
    for extra in (there[-1:] * len(missing), missing, [f"extra-{number}" for number in missing]):
        yield [*there, *extra]


def _one_item_twice(value: Any, unique: bool, schema: dict[str, Any]) -> Iterable[Any]:
    there = _list(value)
    return ([*there, there[0]], [there[0], *there[:-1]], [there[0]] * len(there)) if there else ()


def _fewer_properties(value: Any, bound: int, schema: dict[str, Any]) -> Iterable[Any]:
    there, required = _dict(value), set(schema.get("required", ()))
    names = sorted(there, key=lambda name: name not in required)[: bound - 1]
    yield {name: there[name] for name in names}


def _more_properties(value: Any, bound: int, schema: dict[str, Any]) -> Iterable[Any]:
    there = _dict(value)
    missing = range(bound + 1 - len(there))
    yield {**there, **{f"{UNDECLARED}-{number}": next(iter(there.values()), None) for number in missing}}


def _one_item_more(value: Any, allowed: Any, schema: dict[str, Any]) -> Iterable[Any]:
    return [[*value, 1]] if isinstance(value, list) else ()


_KEYWORDS: Final[dict[str, Breaks]] = {
    "type": _type,
    "enum": _enum,
    "const": _nearby("another", _other_constants),
    "format": _format,
    "minimum": _nearby("beyond", _beyond(-1)),
    "exclusiveMinimum": _nearby("beyond", _beyond(-1)),
    "maximum": _nearby("beyond", _beyond(1)),
    "exclusiveMaximum": _nearby("beyond", _beyond(1)),
    "multipleOf": _nearby("between", _between_multiples),
    "minLength": _nearby("beyond", _texts_of(-1), asserts=bool),
    "maxLength": _nearby("beyond", _texts_of(1)),
    "pattern": _nearby("no match", _unlike_pattern),
    "required": _required,
    "dependentRequired": _dependent_required,
    "minItems": _nearby("one too few", _fewer_items, asserts=bool),
    "maxItems": _nearby("one too many", _more_items),
    "uniqueItems": _nearby("one twice", _one_item_twice, asserts=bool),
    "minProperties": _nearby("one too few", _fewer_properties, asserts=bool),
    "maxProperties": _nearby("one too many", _more_properties),
    "additionalProperties": _additional_properties,
    "unevaluatedProperties": _unevaluated_properties,
    "unevaluatedItems": _nearby("one too many", _one_item_more, asserts=lambda allowed: allowed is False),
    "properties": _properties,
    "propertyNames": _property_names,
    "items": _items,
    "contains": _contains,
    "not": _not,
    "anyOf": _alternatives,
    "oneOf": _alternatives,
}
"""Keyword to the function that breaks it."""
