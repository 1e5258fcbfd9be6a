"""Verdicts on answers about pets, hostile ones among them, and exchanges to record."""

from __future__ import annotations

import dataclasses
import datetime
from typing import Any

from hypothesis import strategies as st

from contracts.http.exchange import Exchange, Failure, Response
from contracts.openapi import Credential
from contracts.run.observer import Observer
from contracts.verdict.verdict import AcceptanceCriteria, Verdict
from contracts.verdict.waivers import Waiver, Waivers
from contracts.verdict.witness import Witness
from tests.support.tiny import PETS, answer, document_of, exchange_of
from tests.support.verdicts import verdict_on

SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["name"],
    "properties": {"name": {"type": "string"}, "pet": {"$ref": "#/components/schemas/Pet"}},
}
DOCUMENT = document_of(SCHEMA, PETS)
(OPERATION,) = DOCUMENT.operations

HOSTILE = "</script><script>alert(1)</script>`|*_[x](javascript:x)\n::error::x\x1b[31m\u202e\ud800"
"""Text that breaks out of HTML, Markdown, a terminal and a GitHub command, unless it is escaped."""

BODIES: list[Any] = [
    {"name": "a"},
    {"name": 5},
    {"name": HOSTILE, "pet": {"kind": HOSTILE}},
    {"pet": {"kind": "CAT", "toys": [HOSTILE]}, HOSTILE: 1},
    b"\xff",
    b"",
]


def verdict_of(*outcomes: Any, waivers: Waivers | None = None) -> Verdict:
    """Return the verdict on failures and bodies of 200, each of another resource."""
    criteria = AcceptanceCriteria(waivers) if waivers else AcceptanceCriteria()
    observer = Observer(waiver=criteria.waivers.match)
    for number, outcome in enumerate(outcomes):
        came = outcome if isinstance(outcome, Failure) else answer(200, outcome)
        observer(exchange_of(OPERATION, came, f"it{number}"))
    return verdict_on(observer.tally, DOCUMENT, criteria=criteria)


def waived_verdict_of(*outcomes: Any) -> Verdict:
    """Return the same verdict with all violations of `schema.type` waived."""
    waiver = Waiver(1, "schema.type", "*", HOSTILE, HOSTILE, datetime.date(9000, 1, 1))
    return verdict_of(*outcomes, waivers=Waivers([waiver], datetime.date.min))


verdicts = st.builds(
    lambda outcomes, make: make(*outcomes),
    st.lists(st.sampled_from([*BODIES, Failure("reset", HOSTILE)]), max_size=6),
    st.sampled_from([verdict_of, waived_verdict_of]),
)


def exchanges() -> list[Exchange]:
    """Return an exchange of every body and one of a reset connection, half a second after every full second."""
    outcomes: list[Response | Failure] = [*(answer(200, body) for body in BODIES), Failure("reset", "gone")]
    return [
        dataclasses.replace(exchange_of(OPERATION, outcome), at=number + 0.5, seconds=0.25)
        for number, outcome in enumerate(outcomes)
    ]


PET_KEY, PET_OWNER = Credential("x-pet-key", "PET_KEY"), Credential("x-pet-owner", "PET_OWNER", is_secret=False)
CREDENTIALS = dataclasses.replace(document_of(), credentials=(PET_KEY, PET_OWNER))


def witness(url: str, *headers: tuple[str, str]) -> Witness:
    """A request of this URL, with these fields of its own, that was not answered."""
    exchange = exchange_of(document_of().operations[0], Failure("reset", ""), headers=headers)
    return Witness.of(dataclasses.replace(exchange, request=dataclasses.replace(exchange.request, url=url)))
