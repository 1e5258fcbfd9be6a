"""Derive mutations from a schema, keyword by keyword: each breaks one promise at one place and keeps all others.

Hides unions and alternatives; the keywords of single values and of containers have a module of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any, Final

from contracts.openapi import Document, Union, to_pointer
from strategies.faults.keyword_mutations import KEYWORDS, absent
from strategies.faults.mutation_search import SAMPLES, Breaks, SchemaMutation, built_if_feasible, mutation, replaced
from strategies.faults.mutations import NOTHING
from strategies.faults.schema_locations import Site, is_of, kinds, sites
from strategies.values import Walk, inline, pin


def schema_mutations(document: Document, pointer: str) -> Iterator[SchemaMutation]:
    """Yield every mutation of the schema at a JSON pointer, in the document's order."""
    for site in sites(Walk(document), pointer):
        if site.union is not None:
            yield from _union(site, site.union)
        for keyword, breaks in _KEYWORDS.items():
            if keyword in site.schema:
                yield from breaks(site, keyword, site.schema[keyword])


def _union(site: Site, union: Union) -> Iterator[SchemaMutation]:
    """Break the tag of a union (OpenAPI 3.1.0, Discriminator Object)."""
    known = {tag.casefold() for tag in union.tags}
    first = union.tags[0]
    without_tag, inside = absent(union.tag), to_pointer(union.tag)

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


_KEYWORDS: Final[dict[str, Breaks]] = {**KEYWORDS, "not": _not, "anyOf": _alternatives, "oneOf": _alternatives}
"""Keyword to the function that breaks it."""
