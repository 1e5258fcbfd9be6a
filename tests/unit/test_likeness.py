"""Which ids are taken for one another, and by what."""

from __future__ import annotations

import pytest

from contracts.likeness import likeness

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
def test_ids_that_are_all_but_the_same_are_alike(one: str, other: str, kind: str) -> None:
    assert likeness((one,), (other,)) == likeness((other,), (one,)) == kind


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
def test_ids_that_are_counted_up_or_just_differ_are_not_alike(one: str, other: str) -> None:
    assert likeness((one,), (other,)) == likeness((other,), (one,)) == ""


def test_of_several_parameters_one_alone_differs() -> None:
    assert likeness(("shop", "A"), ("shop", "a")) == "case"
    assert likeness(("shop", "A"), ("SHOP", "a")) == ""


def test_resources_of_two_operations_are_not_held_together() -> None:
    with pytest.raises(ValueError, match=r"shorter|longer"):
        likeness(("shop",), ("shop", "a"))
