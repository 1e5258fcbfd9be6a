"""Ids that a careless server takes for one another, and the difference between them."""

from __future__ import annotations

import pytest

from contracts.judge.id_similarity import difference

ALIKE = [
    ("Job-a1", "job-A1", "case"),
    ("job ", "job", "blanks"),
    ("job\u200b", "job", "blanks"),
    ("jo%62", "job", "encoding"),
    ("\uff4aob", "job", "normalisation"),
    ("cafe\u0301", "caf\u00e9", "normalisation"),
    ("caf\u00e9", "cafe", "accents"),
    ("cafe\u0301", "cafe", "accents"),
    ("job-007", "job-7", "zeros"),
    ("01", "1", "zeros"),
    ("job-a", "job_a", "separators"),
    ("ab-cd", "abcd", "separators"),
    ("job-a", "job-ab", "suffix"),
    ("job", "job-1", "suffix"),
    ("job.", "job", "suffix"),
    ("xjob", "job", "prefix"),
    ("ajob", "job", "prefix"),
]


@pytest.mark.parametrize(("one", "other", "kind"), ALIKE)
def test_similar_ids_have_a_named_difference(one: str, other: str, kind: str) -> None:
    assert difference((one,), (other,)) == difference((other,), (one,)) == kind


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("job-1", "job-2"),
        ("job-1", "job-11"),
        ("1", "21"),
        ("job", "job"),
        ("job-a", "job-b"),
        ("10", "100"),
        ("-", "_"),
        (" ", "\t"),
        ("1job", "job"),
    ],
)
def test_ids_that_are_counted_up_or_unlike_are_not_similar(one: str, other: str) -> None:
    assert difference((one,), (other,)) == difference((other,), (one,)) == ""


def test_similar_resources_differ_in_one_parameter_alone() -> None:
    assert difference(("shop", "A"), ("shop", "a")) == "case"
    assert difference(("shop", "A"), ("SHOP", "a")) == ""


def test_resources_with_different_numbers_of_parameters_cannot_be_compared() -> None:
    with pytest.raises(ValueError, match=r"shorter|longer"):
        difference(("shop",), ("shop", "a"))
