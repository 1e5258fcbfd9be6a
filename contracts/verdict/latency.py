"""Count latencies in buckets.

Hides the width of a bucket: a hundredth of a power of e. A histogram is of bounded size, it gives every quantile within
one per cent however many responses there were, and two are merged by adding their counts.
"""

import math
from collections.abc import Mapping
from typing import Final

_BUCKETS_PER_POWER: Final = 100
_SHORTEST: Final = 1e-6


def latency_bucket(seconds: float) -> int:
    """Return the bucket of a time; shorter times than a microsecond are counted as one."""
    return round(math.log(max(seconds, _SHORTEST)) * _BUCKETS_PER_POWER)


def seconds_of(bucket: int) -> float:
    """Return the time in the middle of a bucket, in seconds."""
    return math.exp(bucket / _BUCKETS_PER_POWER)


def latency_quantile(counts: Mapping[int, int], share: float) -> float:
    """Return the time in seconds within which this share (0 to 1) of the responses came; 0 if there was none.

    `counts` are the numbers of responses by bucket.
    """
    wanted = share * sum(counts.values())
    passed = 0
    for bucket in sorted(counts):
        passed += counts[bucket]
        if passed >= wanted:
            return seconds_of(bucket)
    return 0.0
