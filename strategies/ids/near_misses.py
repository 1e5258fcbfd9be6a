"""Change an id so little that a careless comparison takes it for the same.

Every change takes an id and a position in it, and returns the changed id.
"""

import re
import unicodedata
from collections.abc import Callable
from typing import Final
from urllib.parse import quote

Change = Callable[[str, int], str]
"""Returns an id that may be mistaken for the given one, changed at a position, which may exceed its length."""


def _between(before: str, after: str) -> Change:
    """Return the change that puts an id between two texts."""
    return lambda value, position: before + value + after


def _unless_same(changed: str, value: str, otherwise: str) -> str:
    """Return the changed id or, if the change left it as it was, another one."""
    return changed if changed != value else otherwise


def _cut(value: str, position: int) -> int:
    return position % max(1, len(value))


def _one_changed(value: str, position: int) -> str:
    at = _cut(value, position)
    return value[:at] + ("1" if value[at : at + 1] == "0" else "0") + value[at + 1 :]


def _one_missing(value: str, position: int) -> str:
    at = _cut(value, position)
    return value[:at] + value[at + 1 :]


def _letter_flipped(value: str, position: int) -> str:
    at = _cut(value, position)
    return value[:at] + value[at : at + 1].swapcase() + value[at + 1 :]


def _encoded_once_more(value: str, position: int) -> str:
    at = _cut(value, position)
    one_encoded = f"{value[:at]}%{ord(value[at]) if value else 0:02X}{value[at + 1 :]}"
    return _unless_same(quote(value, safe=""), value, one_encoded)


def _accented(value: str, position: int) -> str:
    """Remove the marks of letters, which some collations ignore; add one if there are none."""
    decomposed = unicodedata.normalize("NFD", value)
    bare = "".join(char for char in decomposed if not unicodedata.combining(char))
    if bare != decomposed:
        return bare
    at = next((index for index, char in enumerate(value) if char.isalpha()), 0)
    return unicodedata.normalize("NFC", value[: at + 1] + "\u0301") + value[at + 1 :]


_LOOKALIKES: Final = str.maketrans("aceiopxyABEHKMOPTXvn-_", "асеіорхуАВЕНКМОРТХνո‐＿")

_FOLDING: Final = str.maketrans("sSiIkK", "ſſıı\u212a\u212a")

_FULL_WIDTH: Final = {code: code + 0xFEE0 for code in range(ord("!"), ord("~") + 1)}

_SEPARATORS: Final = str.maketrans("-_.", "_-_")

NEAR: Final[dict[str, Change]] = {
    "one changed": _one_changed,
    "one missing": _one_missing,
    "case flipped": lambda value, position: value.swapcase(),
    "letter flipped": _letter_flipped,
    "prefix": lambda value, position: value[: max(1, _cut(value, position))],
    "last cut": lambda value, position: value[:-1],
    "first cut": lambda value, position: value[1:],
    "prefixed": _between("x", ""),
    "doubled": lambda value, position: value + value,
    "blank before": _between(" ", ""),
    "blank after": _between("", " "),
    "newline after": _between("", "\n"),
    "NUL after": _between("", "\0"),
    "slash before": _between("/", ""),
    "slash after": _between("", "/"),
    "dotted": _between("./", ""),
    "queried": _between("", "?x=1"),
    "fragment": _between("", "#"),
    "with extension": _between("", ".json"),
    "percent encoded": lambda value, position: "".join(f"%{byte:02X}" for byte in value.encode()),
    "encoded once more": _encoded_once_more,
    # Cyrillic and other letters and hyphens look the same.
    "lookalike": lambda value, position: _unless_same(value.translate(_LOOKALIKES), value, value + "\u200b"),
    # Full-width characters are equal after normalisation (Unicode NFKC).
    "full width": lambda value, position: value.translate(_FULL_WIDTH),
    # Decomposed letters are equal after normalisation (Unicode NFC).
    "decomposed": lambda value, position: _unless_same(unicodedata.normalize("NFD", value), value, value + "\u0301"),
    # A blank of no width.
    "nothing after": _between("", "\u200b"),
    "raised": lambda value, position: _unless_same(value.upper(), value, value.lower()),
    # A zero before the first number.
    "padded": lambda value, position: _unless_same(re.sub(r"\d", r"0\g<0>", value, count=1), value, "0" + value),
    "separated otherwise": lambda value, position: _unless_same(value.translate(_SEPARATORS), value, value + "-"),
    "unseparated": lambda value, position: _unless_same(re.sub("[-_.:~]", "", value), value, value + "_"),
    "suffixed": _between("", "-x"),
    "full stop after": _between("", "."),
    "semicolon after": _between("", ";v=1"),
    "comma after": _between("", ",x"),
    # A plus sign is a blank to a server that decodes a path like a form.
    "plus after": _between("", "+"),
    "tab before": _between("\t", ""),
    "quoted": _between('"', '"'),
    "quote after": _between("", "' --"),
    "backslash before": _between("\\", ""),
    "accented": _accented,
    # Patterns of SQL's LIKE match the id.
    "wildcard": lambda value, position: value[:-1] + ("_" if value[-1:] != "_" else "%"),
    "percent wildcard": lambda value, position: value[: max(1, len(value) - 2)] + "%",
    "star": lambda value, position: value[: max(1, len(value) - 2)] + "*",
    "first flipped": lambda value, position: value[:1].swapcase() + value[1:],
    # Unicode's case rules equate a long s, an i without its dot and Kelvin's sign with other letters.
    "folding": lambda value, position: _unless_same(value.translate(_FOLDING), value, value + "\u00ad"),
    # Many libraries accept braces around a UUID.
    "braced": _between("{", "}"),
    # A UUID as a URN (RFC 9562, section 4).
    "URN": _between("urn:uuid:", ""),
    "dot segment after": _between("", "/."),
}
"""All changes by name, in the order in which they are asked for."""
