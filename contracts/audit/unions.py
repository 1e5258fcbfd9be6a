"""The rules about unions: branches that cannot be told apart, and tags and mappings that tell nothing.

Each rule is a function of the subject that yields findings. A union is found by its keywords, never by its name.
"""

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from contracts.audit.corrections import one_of_to_any_of, remove, update
from contracts.audit.finding import Change, Correction, DocumentFinding, ShownAnswer
from contracts.audit.subject import Subject, shown
from contracts.openapi import Branch, DocumentError, Union, from_pointer, to_pointer, union_at

_UNHEARD_OF: Final = "zz-unheard-of"
"""A tag value that no document has."""

_COMPONENT: Final = re.compile(r"[A-Za-z0-9._-]+")
"""The name of a component (OpenAPI 3.1.0, "Components Object")."""

MAX_PAIRS: Final = 4_000
"""How many pairs of branches of one union are compared."""


def ambiguous(subject: Subject) -> Iterator[DocumentFinding]:
    """Yield `oneOf` whose branches overlap; those with a branch inside the others are another rule's."""
    for place, fitting, value in _overlapping(subject):
        if _swallowed(subject, place):
            continue
        schema: Any = subject.document.schema(place)
        names = _and(_branch_name(subject, each) for each in fitting)
        what = f"{len(fitting)} of {len(schema['oneOf'])} branches accept the same value: {names}"
        why = f"oneOf allows one branch, and {names} fit"
        yield subject.finding(
            "document.union-ambiguous", what, place, _distinguished(subject, place), shown(value, why, passes=False)
        )


def indistinct(subject: Subject) -> Iterator[DocumentFinding]:
    """Yield `oneOf` with a branch whose every value fits another one, and discriminators with tags of two branches."""
    rule = "document.branches-indistinct"
    for place, _, _ in _overlapping(subject):
        for branch in _swallowed(subject, place):
            what = f"every value of the branch {_branch_name(subject, branch)} fits another branch too"
            value = next(subject.values(branch), None)
            answer = None if value is None else shown(value, "no value of this branch fits it alone", passes=False)
            yield subject.finding(rule, what, place, _distinguished(subject, place), answer)
    for place, error in _unread_discriminators(subject):
        if error.pointer.startswith((f"{place}/oneOf/", f"{place}/anyOf/")):
            what = f"{_branch_name(subject, error.pointer)} {error.problem}: the discriminator is ignored"
            yield subject.finding(rule, what, place, Correction(error.fix))


def tag_not_required(subject: Subject) -> Iterator[DocumentFinding]:
    """Yield unions with branches that accept a value without the tag."""
    for place, union in sorted(subject.document.unions.items()):
        without = {"type": "object", "properties": {union.tag: False}}
        loose = {
            branch: value
            for branch in union.tagged
            if (value := _first_object(subject, branch.target, also=without)) is not None and union.tag not in value
        }
        if not loose:
            continue
        what = f"{len(loose)} of {len(union.tagged)} branches do not require the tag {union.tag!r}"
        answer = _without_tag(subject, place, next(iter(loose.values())))
        if (single := _in_one_branch(subject, union, loose)) is not None:
            answer = shown(single, f"{union.keyword} alone accepts it, and it claims no branch", passes=True)
        changes = _tag_changes(subject, union, loose)
        correction = Correction(f"require {union.tag!r} in each branch", changes)
        yield subject.finding("document.tag-not-required", what, place, correction, answer)


def tag_undeclared(subject: Subject) -> Iterator[DocumentFinding]:
    """Yield unions with branches that accept the tag values of other branches, or any."""
    for place, union in sorted(subject.document.unions.items()):
        loose: dict[Branch, Any] = {}
        for branch in union.tagged:
            others = [tag for tag in union.tags if tag not in branch.tags] or [_UNHEARD_OF]
            claims = {"type": "object", "required": [union.tag], "properties": {union.tag: {"enum": others}}}
            value = _first_object(subject, branch.target, also=claims)
            if value is not None and value.get(union.tag) in others:
                loose[branch] = value
        if not loose:
            continue
        branch, value = next(iter(loose.items()))
        count = f"{len(loose)} of {len(union.tagged)} branches"
        what = f"{count} accept values of the tag {union.tag!r} that are not theirs"
        answer = shown(value, f"it fits the branch {branch.name}, which its tag does not claim", passes=True)
        changes = _tag_changes(subject, union, loose)
        correction = Correction(f"give {union.tag!r} a const or an enum in each branch, and require it", changes)
        yield subject.finding("document.tag-undeclared", what, place, correction, answer)


def mapping_not_string(subject: Subject) -> Iterator[DocumentFinding]:
    """Yield mappings that hold Reference Objects, or anything else that is no string."""
    for place, mapping in _mappings(subject):
        wrong = [value for value in mapping.values() if not isinstance(value, str)]
        if not wrong:
            continue
        what = f"{len(wrong)} of {len(mapping)} values of the mapping are no strings"
        meant = {name: _reference(value) for name, value in mapping.items() if not _misled(subject, place, value)}
        at = place + to_pointer("discriminator")
        change = (
            remove(subject.document, at + to_pointer("mapping")),
            update(subject.document, at, {"mapping": meant}),
        )
        correction = Correction("write the reference itself, or the schema's name, as a string", (change,))
        yield subject.finding("document.mapping-not-string", what, at + to_pointer("mapping"), correction)


def mapping_dangling(subject: Subject) -> Iterator[DocumentFinding]:
    """Yield mapping values that lead to nothing, or to a schema that is no branch."""
    for place, mapping in _mappings(subject):
        for name, value in mapping.items():
            if problem := _misled(subject, place, value):
                at = place + to_pointer("discriminator", "mapping", name)
                correction = Correction("remove it, or name a branch", ((remove(subject.document, at),),))
                what = f"the mapping of {name!r} {problem}"
                yield subject.finding("document.mapping-dangling", what, at, correction)


def _misled(subject: Subject, place: str, value: Any) -> str:
    """Return why a value of the mapping of a union leads to none of its branches; empty if it leads to one."""
    text = _reference(value)
    if text and not text.startswith("#") and not _COMPONENT.fullmatch(text):
        return ""  # A URI, which is not fetched.
    pointer = text if text.startswith("#") else "#" + to_pointer("components", "schemas", text)
    try:
        meant = subject.document.resolve(pointer)[0]
    except (LookupError, ValueError):
        return f"leads nowhere: {text}"
    return "" if meant in _branch_targets(subject, place) else f"leads to a schema that is no branch: {text}"


def discriminator_ignored(subject: Subject) -> Iterator[DocumentFinding]:
    """Yield discriminators that judge nothing, for a reason that no other rule tells."""
    rule = "document.discriminator-ignored"
    for place, schema in subject.schemas():
        if "discriminator" in schema and not {"oneOf", "anyOf"} & schema.keys():
            correction = Correction("write the schemas that it chooses from as oneOf beside it")
            what = "neither oneOf nor anyOf stands beside it"
            yield subject.finding(rule, what, place + "/discriminator", correction)
    for place, error in _unread_discriminators(subject):
        if not error.pointer.startswith((f"{place}/oneOf/", f"{place}/anyOf/", f"{place}/discriminator/mapping/")):
            yield subject.finding(rule, f"it {error.problem}", place + "/discriminator", Correction(error.fix))


def _overlapping(subject: Subject) -> Iterator[tuple[str, list[str], Any]]:
    """Yield each `oneOf` with overlapping branches: its place, those branches' places and a value that they accept."""
    for place, schema in subject.schemas():
        if not isinstance(schema.get("oneOf"), list):
            continue
        branches = _branches(subject, place)
        for pair in itertools.islice(itertools.combinations(branches, 2), MAX_PAIRS):
            value = _in_both(subject, place, pair)
            if value is not _NONE:
                yield place, [branch for branch in branches if subject.verdict(branch, value)], value
                break


_NONE: Final = object()


def _in_both(subject: Subject, place: str, pair: tuple[str, str]) -> Any:
    if subject.is_impossible(*pair):
        return _NONE
    found = (value for value in subject.values(*pair) if subject.verdict(place, value) is False)
    return next(found, _NONE)


def _branches(subject: Subject, place: str) -> list[str]:
    schema: Any = subject.document.schema(place)
    return [place + to_pointer("oneOf", index) for index in range(len(schema["oneOf"]))]


def _swallowed(subject: Subject, place: str) -> list[str]:
    """Return the branches of a `oneOf` that have no value of their own: each fits another branch too."""
    branches = _branches(subject, place)
    found = []
    for branch in branches:
        others = [{"not": {"$ref": other}} for other in branches if other != branch]
        if not subject.is_impossible(branch) and subject.is_impossible(branch, also={"allOf": others}):
            found.append(branch)
    return found


def _distinguished(subject: Subject, place: str) -> Correction:
    """Return how the branches of a union can be told apart: by the tag, if it has one, and else by asking for any."""
    union = subject.document.unions.get(place)
    if union is None:
        words = "give each branch what the others forbid (a required tag with a const), or write anyOf"
        return Correction(words, (one_of_to_any_of(subject.document, place),))
    words = f"require {union.tag!r} in each branch, with a const or an enum of its own"
    return Correction(words, _tag_changes(subject, union, union.tagged))


def _tag_changes(subject: Subject, union: Union, branches: Iterable[Branch]) -> tuple[Change, ...]:
    """Return what makes branches require their tag and allow only the values that claim them, where they do not."""
    changeable = {branch.target: branch for branch in branches if subject.can_be_changed(branch.target)}
    added = ((target, _of_tag(subject, union, branch)) for target, branch in changeable.items())
    return tuple((update(subject.document, target, keywords),) for target, keywords in added if keywords)


def _of_tag(subject: Subject, union: Union, branch: Branch) -> dict[str, Any]:
    """Return the keywords that a branch lacks to require its tag and allow the values that claim it alone."""
    schema: Any = subject.document.schema(branch.target)
    added: dict[str, Any] = {}
    if union.tag not in schema.get("required", ()):
        added["required"] = [union.tag]
    others = [tag for tag in union.tags if tag not in branch.tags] or [_UNHEARD_OF]
    claims = {"type": "object", "required": [union.tag], "properties": {union.tag: {"enum": others}}}
    if not subject.is_impossible(branch.target, also=claims):
        tags = list(branch.tags)
        added["properties"] = {union.tag: {"const": tags[0]} if len(tags) == 1 else {"enum": tags}}
    return added


def _in_one_branch(subject: Subject, union: Union, loose: dict[Branch, Any]) -> Any:
    """Return an object without the tag that fits one branch alone, so that JSON Schema accepts it; None if none is."""
    for branch in loose:
        others: list[Any] = [{"not": {"$ref": other.target}} for other in union.tagged if other is not branch]
        also = {"type": "object", "properties": {union.tag: False}, "allOf": others}
        for value in subject.values(branch.target, also=also):
            fitting = [each for each in union.tagged if subject.verdict(each.target, value) is not False]
            if isinstance(value, dict) and union.tag not in value and fitting == [branch]:
                return value
    return None


def _first_object(subject: Subject, place: str, also: Any) -> dict[str, Any] | None:
    return next((value for value in subject.values(place, also=also) if isinstance(value, dict)), None)


def _without_tag(subject: Subject, place: str, value: Any) -> ShownAnswer:
    rules = " and ".join(dict.fromkeys(each.rule for each in subject.violations(place, value)))
    return shown(value, f"without the tag it claims no branch: {rules}", passes=False)


def _unread_discriminators(subject: Subject) -> Iterator[tuple[str, DocumentError]]:
    """Yield the unions whose discriminator was left out when the document was read, with the reason."""
    for place, schema in subject.schemas():
        if "discriminator" not in schema or place in subject.document.unions:
            continue
        try:
            union_at(place, schema, subject.document.resolve, subject.refusal)
        except DocumentError as error:
            yield place, error


def _mappings(subject: Subject) -> Iterator[tuple[str, dict[str, Any]]]:
    for place, schema in subject.schemas():
        discriminator = schema.get("discriminator")
        mapping = discriminator.get("mapping") if isinstance(discriminator, dict) else None
        if isinstance(mapping, dict) and {"oneOf", "anyOf"} & schema.keys():
            yield place, mapping


def _branch_targets(subject: Subject, place: str) -> Iterator[str]:
    """Yield the places of a union's branches, and of the components that they mean."""
    schema: Any = subject.document.schema(place)
    for keyword in ("oneOf", "anyOf"):
        for index in range(len(schema.get(keyword, ()))):
            at, branch = subject.document.resolve(place + to_pointer(keyword, index))
            yield at
            while isinstance(branch, dict) and "$ref" in branch:
                at, branch = subject.document.resolve(branch["$ref"])
                yield at


def _reference(value: Any) -> str:
    text = value.get("$ref") if isinstance(value, dict) else value
    return text if isinstance(text, str) else ""


def _branch_name(subject: Subject, branch: str) -> str:
    """Return the name of the component that a branch is, or else its place in the union."""
    target = subject.document.resolve(branch)[0]
    steps = from_pointer(target)
    return steps[-1] if steps[-2:-1] == ["schemas"] else "/".join(steps[-2:])


def _and(names: Iterator[str] | Sequence[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last
