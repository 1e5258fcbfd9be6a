"""Derive mutations from a schema, keyword by keyword: each breaks one promise at one place and keeps all others.

Hides unions and alternatives; the keywords of single values and of containers have modules of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any, Final

from contracts.openapi import Document, Union, to_pointer
from strategies.faults.container_mutations import CONTAINER_KEYWORDS
from strategies.faults.mutation_search import (
    SAMPLES,
    Breaks,
    SchemaMutation,
    built,
    first_sound,
    mutation,
    replaced,
)
from strategies.faults.mutations import NOTHING
from strategies.faults.scalar_mutations import SCALAR_KEYWORDS
from strategies.faults.schema_locations import Site, is_of, kinds, sites, without_keywords
from strategies.values import Walk, inline, pin


def schema_mutations(document: Document, pointer: str) -> Iterator[SchemaMutation]:
    """Yield every mutation of the schema at a JSON pointer, in the document's order."""
    walk = Walk(document)
    for site in sites(walk.schemas, pointer):
        union = document.unions.get(site.part.pointer or "")
        if union is not None:
            yield from _union(walk, site, union)
        for keyword, breaks in _KEYWORDS.items():
            if keyword in site.schema:
                yield from breaks(walk, site, site.schema[keyword])


def _union(walk: Walk, site: Site, union: Union) -> Iterator[SchemaMutation]:
    """Break the tag of a union (OpenAPI 3.1.0, Discriminator Object)."""
    known = {tag.casefold() for tag in union.tags}
    first = union.tags[0]
    admits = walk.schemas.fits((site.part,))

    def broken(rule: str, what: str, tag: Any) -> SchemaMutation:
        def change(value: Any) -> Any:
            if not isinstance(value, dict) or union.tag not in value:
                return NOTHING
            rest = {name: item for name, item in value.items() if name != union.tag}
            return rest if tag is _ABSENT else {union.tag: tag, **rest}

        return mutation(site, "discriminator", what, change, rule, to_pointer(union.tag))

    yield broken("union.tag-missing", "absent", _ABSENT)
    yield broken("union.tag-unknown", "unheard of", "zz-unheard-of")
    for what, tag in (("in the other case", first.swapcase()), ("with a blank", first + " "), ("empty", "")):
        if tag not in union.tags and (tag.casefold() in known or tag != first):
            yield broken("union.tag-unknown", what, tag)
    for what, other in (("null", None), ("integer", 5), ("array", [first])):
        yield broken("union.tag-type", what, other)
    for kind, sample in SAMPLES.items():
        if kind != "object" and not admits(sample):
            yield mutation(site, "type", kind, replaced(sample))
    yield from _ambiguous(walk, site, union)


def _ambiguous(walk: Walk, site: Site, union: Union) -> Iterator[SchemaMutation]:
    """Build an object that fits another branch besides the one that its tag claims."""
    if union.keyword != "oneOf":
        return
    rest = without_keywords(walk.schemas, site, union.keyword)
    for branch in union.tagged:
        claimed = (*rest, inline(pin(union.tag, branch.tags)), walk.schemas.at(branch.target))
        for other in union.tagged:
            both = (*claimed, walk.schemas.at(other.target))
            if other is not branch and walk.schemas.feasible(both):
                what = f"{branch.tags[0]}, and {other.name} too"
                change = first_sound(walk, site, ("oneOf",), built(walk, site, both))
                yield mutation(site, "oneOf", what, change, "union.ambiguous")


_ABSENT: Final = object()


def _not(walk: Walk, site: Site, ruled_out: Any) -> Iterator[SchemaMutation]:
    node = (*without_keywords(walk.schemas, site, "not"), site.part.child("not"))
    if walk.schemas.feasible(node):
        yield mutation(site, "not", "of that kind", first_sound(walk, site, ("not",), built(walk, site, node)))


def _alternatives(keyword: str) -> Breaks:
    """Return the function that takes a value of no alternative's type or, for `oneOf`, one that fits two."""

    def breaks(walk: Walk, site: Site, branches: list[Any]) -> Iterator[SchemaMutation]:
        if site.part.pointer in walk.schemas.document.unions:
            return
        found = [kind for kind in kinds(walk.schemas, site.part, keyword) if kind]
        for kind, sample in SAMPLES.items():
            if len(found) == len(branches) and not any(is_of(sample, name) for name in found):
                yield mutation(site, keyword, kind, replaced(sample))
        if keyword == "oneOf":
            yield from _several(walk, site, len(branches))

    return breaks


def _several(walk: Walk, site: Site, count: int) -> Iterator[SchemaMutation]:
    rest = without_keywords(walk.schemas, site, "oneOf")
    for one, other in combinations(range(count), 2):
        both = (*rest, site.part.child("oneOf", one), site.part.child("oneOf", other))
        if walk.schemas.feasible(both):
            change = first_sound(walk, site, ("oneOf",), built(walk, site, both))
            yield mutation(site, "oneOf", f"fits {one} and {other}", change)


_KEYWORDS: Final[dict[str, Breaks]] = {
    **SCALAR_KEYWORDS,
    **CONTAINER_KEYWORDS,
    "not": _not,
    "anyOf": _alternatives("anyOf"),
    "oneOf": _alternatives("oneOf"),
}
"""Keyword to the function that breaks it."""
