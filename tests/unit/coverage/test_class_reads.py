"""Which classes the answers of known resources showed, and how often each was read."""

from collections import Counter

from contracts.coverage import ClassReads, Feature, features_of
from contracts.http.exchange import Exchange, Failure, Response
from contracts.judge import parse_response
from tests.support.tiny import PETS, answer, document_of, exchange_of

SCHEMA = {
    "type": "object",
    "properties": {"state": {"enum": ["on", "off"]}, "pet": {"$ref": "#/components/schemas/Pet"}},
}
(OPERATION,) = document_of(SCHEMA, PETS).operations


def note(reads: ClassReads, exchange: Exchange) -> None:
    shown = frozenset[Feature]()
    if isinstance(exchange.outcome, Response):
        parsed = parse_response(exchange.operation, exchange.outcome)
        shown = features_of(OPERATION, parsed, exchange.outcome.status).promised
    reads.note(exchange, shown)


def named(features: Counter[Feature]) -> dict[str, int]:
    return {feature.which: count for feature, count in features.items()}


def test_a_read_counts_for_each_branch_and_enum_value_that_it_shows() -> None:
    reads = ClassReads()
    for _ in range(2):
        note(reads, exchange_of(OPERATION, answer(200, {"state": "on", "pet": {"kind": "CAT"}}), "one"))
    note(reads, exchange_of(OPERATION, answer(200, {"state": "off"}), "two"))
    assert named(reads.count(OPERATION)) == {"on": 2, "CAT": 2, "off": 1}


def test_a_resource_is_of_the_classes_that_its_latest_answer_shows() -> None:
    reads = ClassReads()
    for state in ("on", "off"):
        note(reads, exchange_of(OPERATION, answer(200, {"state": state}), "one"))
    assert [feature.which for feature in reads.of(OPERATION, ("one",))] == ["off"]
    assert named(reads.count(OPERATION)) == {"on": 1, "off": 1}
    assert not reads.of(OPERATION, ("two",))


def test_refusals_and_failures_tell_of_no_class() -> None:
    reads = ClassReads()
    note(reads, exchange_of(OPERATION, answer(404, {"state": "on"}), "one"))
    note(reads, exchange_of(OPERATION, Failure("reset", ""), "one"))
    assert not reads.count(OPERATION)
    assert not reads.of(OPERATION, ("one",))


def test_how_much_is_kept_of_reads_depends_on_the_document_alone() -> None:
    reads = ClassReads()
    for number in range(50):
        shown = {"state": "on", **{f"made{number}up{other}": 1 for other in range(3)}}
        note(reads, exchange_of(OPERATION, answer(200, shown), "one"))
    assert named(reads.count(OPERATION)) == {"on": 50}
    assert len(reads._latest) == len(reads._counts[OPERATION.path]) == 1
