"""Texts that have broken servers. All can be sent as one percent-encoded segment, and none does lasting harm."""

import string
from typing import Final

from strategies.ids.resources import LONGEST

HOSTILE: Final = (
    "\0",
    *r"%00 %2F %2e%2e%2f % %zz %25 / // ../../etc/passwd ..\..\windows ... a/../b ; ? # & = +".split(),
    " ",
    "\t",
    "\n",
    "\r\n",
    "\r\nX-Injected: 1",
    "".join(map(chr, range(1, 32))),
    string.punctuation,
    "\x1b[31m",
    "\x7f",
    "\x85",
    "'",
    '"',
    "' OR '1'='1",
    "1; SELECT 1 --",
    '{"$ne": null}',
    *"[] {} {id} {{7*7}} ${7*7} ${jndi:x} $(id) `id` <script>alert(1)</script> %s%n *".split(),
    *"null None undefined NaN true __proto__ constructor 0 -1 1e309 1.5".split(),
    "9" * 400,
    "2025-01-01",
    "ABC",
    "\u200b",
    "\u2028",
    "\ufeff",
    "\u202eabc",
    *"שלום مرحبا 日本語 🙂".split(),
    "👩‍👩‍👧‍👦",
    "e\u0301",
    *"ß İ ﷺ".split(),
    "\ufffd",
    "\uffff",
    "\U0010ffff",
)
"""Texts that are hostile by their characters or their meaning."""

LENGTHS: Final = (*("x" * size for size in (64, 65, 128, 129, 256, 257, 1_025, 4_097)), "long" * (LONGEST // 4))
"""Texts that are hostile by their length: just longer than columns and buffers, and as long as is ever sent."""

UNDECODABLE: Final = (
    "\udcff",  # a byte that UTF-8 never has
    "id\udc80",  # a continuation that continues nothing
    "\udcc3(",  # a beginning without its continuation
    "\udcc0\udcaf",  # a slash in two bytes, which RFC 3629 forbids
    "\udced\udca0\udc80",  # half a surrogate pair
    "\udcf4\udc90\udc80\udc80",  # beyond U+10FFFF
)
"""Bytes that are not UTF-8, held as `surrogateescape` does."""
