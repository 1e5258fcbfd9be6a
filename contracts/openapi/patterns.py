"""ECMA-262 regular expressions, which JSON Schema's patterns are written in.

Hides the engine (`regress`): Python's `re` and the Rust engine of jsonschema_rs read some of these patterns differently
or not at all. Source: JSON Schema 2020-12 Core, section 6.4; ECMA-262, `RegExp` with the `u` flag.
"""

import functools
import re
from typing import Final

import regress

_PLAIN: Final = re.compile(r"([\w^$|*+()-]|\[[\w-]+\]|\\[-.])*", re.ASCII)


def pattern_error(pattern: str) -> str:
    """Return why the text is not a pattern; empty if it is one."""
    try:
        _compiled(pattern)
    except (regress.RegressError, UnicodeEncodeError) as error:
        return str(error)
    return ""


def matches_pattern(pattern: str, text: str) -> bool:
    """Return whether the pattern matches anywhere in the text (patterns are not anchored).

    Raises regress.RegressError if the text of the pattern is not one; a Document holds none of those.
    """
    # The engine takes no half of a surrogate pair; a question mark stands in for it.
    return _compiled(pattern).find(text.encode(errors="replace").decode()) is not None


def is_plain(pattern: str) -> bool:
    """Return whether every engine reads the pattern alike: ASCII letters, digits, classes of them and repetitions."""
    return _PLAIN.fullmatch(pattern) is not None


@functools.lru_cache(maxsize=256)
def _compiled(pattern: str) -> regress.Regex:
    return regress.Regex(pattern, "u")
