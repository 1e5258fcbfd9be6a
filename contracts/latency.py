"""How long answers took, counted in buckets: mergeable, of bounded size, exact to a few per cent.

A bucket is a hundredth of a power of e wide, so that a quantile is told within one per cent however many answers
there were; two histograms are merged by adding their counts.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

_SHARPNESS: Final = 100
_LEAST: Final = 1e-6


def bucket(seconds: float) -> int:
    """The bucket of a time; of none below a microsecond."""
    return round(math.log(max(seconds, _LEAST)) * _SHARPNESS)


def seconds_of(number: int) -> float:
    """The time in the middle of a bucket, in seconds."""
    return math.exp(number / _SHARPNESS)


def quantile(counts: Mapping[int, int], share: float) -> float:
    """The time within which this share of the answers came, in seconds; 0 where there was none."""
    wanted = share * sum(counts.values())
    passed = 0
    for number in sorted(counts):
        passed += counts[number]
        if passed >= wanted:
            return seconds_of(number)
    return 0.0
