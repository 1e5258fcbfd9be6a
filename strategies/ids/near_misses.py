"""Change an id so little that a careless comparison takes it for the same.

Every function takes an id and a position in it, and returns the changed id.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Final
from urllib.parse import quote

Change = Callable[[str, int], str]
"""Returns an id that may be mistaken for the given one, changed at a position, which may exceed its length."""


def _cut(value: str, position: int) -> int:
    return position % max(1, len(value))


def _case_flipped(value: str, position: int) -> str:
    return value.swapcase()


def _letter_flipped(value: str, position: int) -> str:
    at = _cut(value, position)
    return value[:at] + value[at : at + 1].swapcase() + value[at + 1 :]


def _blank_before(value: str, position: int) -> str:
    return " " + value


def _blank_after(value: str, position: int) -> str:
    return value + " "


def _newline_after(value: str, position: int) -> str:
    return value + "\n"


def _nul_after(value: str, position: int) -> str:
    return value + "\0"


def _prefix(value: str, position: int) -> str:
    return value[: max(1, _cut(value, position))]


def _last_cut(value: str, position: int) -> str:
    return value[:-1]


def _first_cut(value: str, position: int) -> str:
    return value[1:]


def _prefixed(value: str, position: int) -> str:
    return "x" + value


def _doubled(value: str, position: int) -> str:
    return value + value


def _percent_encoded(value: str, position: int) -> str:
    return "".join(f"%{byte:02X}" for byte in value.encode())


def _encoded_once_more(value: str, position: int) -> str:
    encoded = quote(value, safe="")
    at = _cut(value, position)
    return encoded if encoded != value else f"{value[:at]}%{ord(value[at]) if value else 0:02X}{value[at + 1 :]}"


def _lookalike(value: str, position: int) -> str:
    """Replace letters and hyphens by Cyrillic and other ones that look the same."""
    return value.translate(_LOOKALIKES) if value.translate(_LOOKALIKES) != value else value + "\u200b"


def _full_width(value: str, position: int) -> str:
    """Replace characters by full-width ones, which are equal after normalisation (Unicode NFKC)."""
    return "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in value)


def _decomposed(value: str, position: int) -> str:
    """Decompose letters, which are equal after normalisation (Unicode NFC); failing that, add a mark."""
    plain = unicodedata.normalize("NFD", value)
    return plain if plain != value else value + "\u0301"


def _slash_after(value: str, position: int) -> str:
    return value + "/"


def _slash_before(value: str, position: int) -> str:
    return "/" + value


def _dotted(value: str, position: int) -> str:
    return "./" + value


def _queried(value: str, position: int) -> str:
    return value + "?x=1"


def _fragment(value: str, position: int) -> str:
    return value + "#"


def _with_extension(value: str, position: int) -> str:
    return value + ".json"


def _one_changed(value: str, position: int) -> str:
    at = _cut(value, position)
    return value[:at] + ("1" if value[at : at + 1] == "0" else "0") + value[at + 1 :]


def _one_missing(value: str, position: int) -> str:
    at = _cut(value, position)
    return value[:at] + value[at + 1 :]


def _nothing_after(value: str, position: int) -> str:
    """Add a blank of no width."""
    return value + "\u200b"


def _raised(value: str, position: int) -> str:
    return value.upper() if value.upper() != value else value.lower()


def _padded(value: str, position: int) -> str:
    """Put a zero before the first number."""
    return re.sub(r"\d", r"0\g<0>", value, count=1) if re.search(r"\d", value) else "0" + value


def _separated_otherwise(value: str, position: int) -> str:
    swapped = value.translate(str.maketrans("-_.", "_-_"))
    return swapped if swapped != value else value + "-"


def _unseparated(value: str, position: int) -> str:
    bare = re.sub("[-_.:~]", "", value)
    return bare if bare != value else value + "_"


def _suffixed(value: str, position: int) -> str:
    return value + "-x"


def _full_stop_after(value: str, position: int) -> str:
    return value + "."


def _semicolon_after(value: str, position: int) -> str:
    return value + ";v=1"


def _comma_after(value: str, position: int) -> str:
    return value + ",x"


def _plus_after(value: str, position: int) -> str:
    """Add a plus sign, which is a blank to a server that decodes a path like a form."""
    return value + "+"


def _tab_before(value: str, position: int) -> str:
    return "\t" + value


def _quoted(value: str, position: int) -> str:
    return f'"{value}"'


def _quote_after(value: str, position: int) -> str:
    return value + "' --"


def _backslash_before(value: str, position: int) -> str:
    return "\\" + value


def _accented(value: str, position: int) -> str:
    """Remove the marks of letters, which some collations ignore; add one if there are none."""
    bare = "".join(char for char in unicodedata.normalize("NFD", value) if not unicodedata.combining(char))
    if bare != unicodedata.normalize("NFD", value):
        return bare
    at = next((index for index, char in enumerate(value) if char.isalpha()), 0)
    return unicodedata.normalize("NFC", value[: at + 1] + "\u0301") + value[at + 1 :]


def _wildcard(value: str, position: int) -> str:
    """Make a pattern of SQL's LIKE that matches the id."""
    return value[:-1] + "_" if value[-1:] != "_" else value[:-1] + "%"


def _percent_wildcard(value: str, position: int) -> str:
    return value[: max(1, len(value) - 2)] + "%"


def _star(value: str, position: int) -> str:
    return value[: max(1, len(value) - 2)] + "*"


def _first_flipped(value: str, position: int) -> str:
    return value[:1].swapcase() + value[1:]


def _folding(value: str, position: int) -> str:
    """Use letters that Unicode's case rules equate with others: a long s, an i without its dot, Kelvin's sign."""
    folding = value.translate(_FOLDING)
    return folding if folding != value else value + "\u00ad"


def _braced(value: str, position: int) -> str:
    """Add braces, which many libraries accept around a UUID."""
    return f"{{{value}}}"


def _urn(value: str, position: int) -> str:
    """Write a UUID as a URN (RFC 9562, section 4)."""
    return f"urn:uuid:{value}"


def _dot_segment_after(value: str, position: int) -> str:
    return value + "/."


NEAR: Final[tuple[Change, ...]] = (
    _one_changed,
    _one_missing,
    _case_flipped,
    _letter_flipped,
    _prefix,
    _last_cut,
    _first_cut,
    _prefixed,
    _doubled,
    _blank_before,
    _blank_after,
    _newline_after,
    _nul_after,
    _slash_before,
    _slash_after,
    _dotted,
    _queried,
    _fragment,
    _with_extension,
    _percent_encoded,
    _encoded_once_more,
    _lookalike,
    _full_width,
    _decomposed,
    _nothing_after,
    _raised,
    _padded,
    _separated_otherwise,
    _unseparated,
    _suffixed,
    _full_stop_after,
    _semicolon_after,
    _comma_after,
    _plus_after,
    _tab_before,
    _quoted,
    _quote_after,
    _backslash_before,
    _accented,
    _wildcard,
    _percent_wildcard,
    _star,
    _first_flipped,
    _folding,
    _braced,
    _urn,
    _dot_segment_after,
)
"""All changes, in the order in which they are asked for."""

_LOOKALIKES: Final = str.maketrans("aceiopxyABEHKMOPTXvn-_", "асеіорхуАВЕНКМОРТХνո‐＿")

_FOLDING: Final = str.maketrans("sSiIkK", "ſſıı\u212a\u212a")
