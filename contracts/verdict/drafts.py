"""Draft waivers for the violations of a run, as narrow as what was seen allows.

Hides by what ids are named that share nothing but the reason for which they were answered so.
"""

import datetime
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import takewhile
from typing import Any, Final

import tomli_w

from contracts.judge import ID_CLASSES, Violation, id_classes
from contracts.openapi import Resource, text_of
from contracts.verdict.waivers import UNFINISHED, encoded_id

DRAFTED: Final = datetime.timedelta(days=30)
"""How long a drafted waiver is valid."""

MAX_IDS: Final = 8
"""How many ids that have nothing in common get an entry each."""


def draft_waivers(
    seen: Iterable[tuple[Violation, Iterable[Resource]]], day: datetime.date, changes: Iterable[Mapping[str, Any]] = ()
) -> str:
    """Return a TOML file of waivers for these violations on these resources, or on every one where none is given.

    Violations of which one stands for others are covered together. `changes` are what entries say of changes of the
    document. `load_waivers` refuses the file until every TODO is filled in.
    """
    entries = [
        {**entry, **narrower, "reason": _reason(narrower), "owner": f"{UNFINISHED}: say who"}
        for entry, resources in _entries(tuple(seen))
        for narrower in _ids(tuple(sorted(resources)))
    ]
    unfinished = {"reason": f"{UNFINISHED}: say why", "owner": f"{UNFINISHED}: say who"}
    entries += [{**each, **unfinished} for each in changes]
    unique = {str(sorted(entry.items(), key=str)): {**entry, "expires": day + DRAFTED} for entry in entries}
    head = "# Drafted from a run. Say of each why it is accepted and by whom, and make it as narrow as it can be.\n\n"
    return head + tomli_w.dumps({"waiver": list(unique.values())})


def _entries(seen: Sequence[tuple[Violation, Iterable[Resource]]]) -> Iterator[tuple[dict[str, Any], set[Resource]]]:
    """Yield the entry of each violation, or of those of which one stands for others, and the resources."""
    beyond = {violation.group for violation, _ in seen if violation.is_of_others}
    together: dict[tuple[str, int, str], list[tuple[Violation, set[Resource]]]] = {}
    for violation, resources in seen:
        if violation.group in beyond:
            together.setdefault(violation.group, []).append((violation, set(resources)))
        else:
            yield _entry(violation), set(resources)
    for alike in together.values():
        on = [resources for _, resources in alike]
        yield _entry_of_others([violation for violation, _ in alike]), set().union(*on) if all(on) else set()


def _entry_of_others(violations: Sequence[Violation]) -> dict[str, Any]:
    """Return the entry of violations that are not all known: it names the place around them, and the promise."""
    first, places = violations[0], [violation.shared_place for violation in violations]
    steps = takewhile(lambda each: len({*each}) == 1, zip(*(place.split("/") for place in places), strict=False))
    place = places[0] if len({*places}) == 1 else "/".join([*(same for same, *_ in steps), "*"])
    named = {"status": first.status, "document": first.pointer}
    return {"rule": first.rule, "place": place, **{name: value for name, value in named.items() if value}}


def _entry(violation: Violation) -> dict[str, Any]:
    # Read as a pattern, every text matches itself.
    narrower = {"status": violation.status, "branch": violation.branch, "value": _value(violation)}
    named = {name: value for name, value in narrower.items() if value}
    return {"rule": violation.rule, "place": violation.shared_place, **named}


def _reason(narrower: dict[str, str]) -> str:
    # A general entry is easily accepted by mistake.
    return f"{UNFINISHED}: say why" if narrower else f"{UNFINISHED}: say why, for this covers every id"


def _ids(resources: Sequence[Resource]) -> list[dict[str, str]]:
    """Return what names these resources, each time for one entry; one without a name covers every resource.

    In this order: the one id, the strange character or the class that all share, what they begin and end with, each id.
    """
    if not any(resources):
        return [{}]
    names = ["/".join(resource) for resource in resources]
    # TOML holds no bytes that are not UTF-8.
    field, texts = "id", names
    if any("\udc80" <= char <= "\udcff" for char in "".join(names)):
        field, texts = "id_encoded", list(map(encoded_id, resources))
    if len(resources) == 1:
        return [{field: texts[0]}]
    if shared := _shared_character(resources, field):
        return [{field: f"*{shared}*"}]
    every = [set(id_classes(resource)) for resource in resources]
    if words := next((each.words for each in ID_CLASSES if all(each.words in one for one in every)), ""):
        return [{"id_class": words}]
    if pattern := _around(texts):
        return [{field: pattern}]
    return [{field: text} for text in texts] if len(texts) <= MAX_IDS else [{}]


def _shared_character(resources: Sequence[Resource], field: str) -> str:
    """Return a character that makes all of the ids strange, as the field writes it; empty if there is none."""
    common = set.intersection(*(set("".join(resource)) for resource in resources))
    strange = sorted(char for char in common if id_classes((char,)))
    return encoded_id((strange[0],)) if strange and field == "id_encoded" else "".join(strange[:1])


def _around(texts: Sequence[str]) -> str:
    """Return the pattern of what all texts begin and end with; empty if they share neither."""
    begin = _beginning(texts)
    end = _beginning([text[len(begin) :][::-1] for text in texts])[::-1]
    return f"{begin}*{end}" if begin or end else ""


def _beginning(texts: Sequence[str]) -> str:
    same = takewhile(lambda chars: len({*chars}) == 1, zip(*texts, strict=False))
    return "".join(chars[0] for chars in same)


_KINDS: Final = {"array": "[*", "object": "{*", "string": '"*', "null": "null"}
"""Patterns that match the JSON text of every value of a type, by the type's name."""


def _value(violation: Violation) -> str:
    """Return a pattern of the values that share the violation's variant; it is empty if no pattern describes them."""
    is_variant = violation.variant and violation.actual in (violation.variant, text_of(violation.variant))
    return violation.actual if is_variant else _KINDS.get(violation.variant, "")
