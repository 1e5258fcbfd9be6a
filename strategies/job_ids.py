"""What can be asked for: path parameters that are ordinary, all but the same as known ones, or hostile yet sendable."""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from contracts.document import Document, Operation
from strategies.leaves import Text
from strategies.resources import LONGEST, as_text, sendable
from strategies.steps import Scalar
from strategies.walk import Walk

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

Change = Callable[[str, int], str]
"""An id and a position in it, to an id that somebody might take for it."""


def job_ids(
    operation: Operation, known: Iterable[str] = (), *, hostile: bool = True, undecodable: bool = False
) -> SearchStrategy[str]:
    """Ids to ask an operation of one path parameter for, never one of `known`; see `parameter_values`.

    Raises ValueError for an operation that has not exactly one: `path_values` draws for those.
    """
    if len(operation.parameters) != 1:
        raise ValueError(f"{operation} has {len(operation.parameters)} path parameters; use path_values")
    pointer = operation.parameters[0].schema
    return parameter_values(operation.document, pointer, known, hostile=hostile, undecodable=undecodable)


def parameter_values(
    document: Document,
    pointer: str,
    known: Iterable[str] = (),
    *,
    hostile: bool = True,
    undecodable: bool = False,
) -> SearchStrategy[str]:
    r"""Values of the path parameter whose schema stands at the pointer, never one of `known`.

    Four in ten are ordinary (the shape of known ids, or what the schema asks for), three are near-misses of known ids,
    three are hostile; `hostile=False` leaves those out. All are text that survives the trip in a path segment: never
    empty, `.` or `..`, no half of a surrogate pair, at most 8,000 characters. With `undecodable` some hostile ones are
    bytes that are no UTF-8, held as `surrogateescape` does (`"\udcff"` is sent as `%FF`).
    """
    from hypothesis import strategies as st

    known = tuple(known)
    barred = frozenset(known)
    ordinary = _ordinary(document, pointer, known)
    near = st.builds(
        lambda change, value, position: change(value, position),
        st.sampled_from(NEAR),
        st.sampled_from(known) if known else ordinary,
        st.integers(0, 63),
    )
    # One drawn number decides: `one_of` would weigh the few known ids against endless text.
    kinds = [ordinary] * 4 + [near] * 3 + ([_hostile(undecodable)] * 3 if hostile else [])
    drawn = st.sampled_from(range(len(kinds))).flatmap(kinds.__getitem__)
    return drawn.filter(lambda value: sendable(value) and value not in barred)


def made_up(value: str) -> bool:
    """Whether an id that nobody named is none that a resource has by chance: by its characters, length or meaning."""
    return _ORDINARY.fullmatch(value) is None or value in _NOBODYS


_ORDINARY: Final = re.compile("[A-Za-z0-9_.:~-]{1,200}")

_NOBODYS: Final = frozenset(
    {"null", "None", "undefined", "NaN", "true", "-1", "1e309", "...", "__proto__", "constructor"}
)


def path_values(
    operation: Operation,
    known: Iterable[Sequence[str]] = (),
    *,
    hostile: bool = True,
    undecodable: bool = False,
) -> SearchStrategy[dict[str, str]]:
    """All path parameters of an operation by name, never those of a known resource.

    Of several parameters some may be those of a known resource, so that the others are tried inside it.
    """
    from hypothesis import strategies as st

    resources = tuple(tuple(values) for values in known)
    barred = frozenset(resources)
    columns = []
    for index, parameter in enumerate(operation.parameters):
        column = tuple(dict.fromkeys(values[index] for values in resources))
        strange = parameter_values(
            operation.document, parameter.schema, column, hostile=hostile, undecodable=undecodable
        )
        columns.append(_sometimes_known(strange, column) if len(operation.parameters) > 1 and column else strange)
    names = [parameter.name for parameter in operation.parameters]
    return (
        st.tuples(*columns)
        .filter(lambda values: not names or values not in barred)
        .map(lambda values: dict(zip(names, values, strict=True)))
    )


def covering_job_ids(
    document: Document, pointer: str, known: Iterable[str] = (), *, hostile: bool = True
) -> tuple[str, ...]:
    """One id of each class, the same each time: ordinary, every near-miss of the first known, every hostile text."""
    known = tuple(known)
    ordinary = _ordinary_samples(document, pointer)
    target = next(iter(known or ordinary), "id")
    found = [*ordinary, *(change(target, len(target) // 2) for change in NEAR)]
    if hostile:
        found += [*HOSTILE, "long" * (LONGEST // 4)]
    return tuple(dict.fromkeys(value for value in found if sendable(value) and value not in known))


TARGETS: Final = 5
"""Of how many known resources every near-miss is asked for: some careless comparisons see only some ids."""


def covering_path_values(
    operation: Operation, known: Iterable[Sequence[str]] = (), *, undecodable: bool = False
) -> Iterator[dict[str, str]]:
    """Resources that between them show every class of path parameter, the same each time.

    Every hostile text; then every near-miss of some known resources, each behind the resource it misses.
    """
    resources = [tuple(values) for values in known]
    barred = set(resources)
    names = [parameter.name for parameter in operation.parameters]
    hostile = [*HOSTILE, "long" * (LONGEST // 4), *_LENGTHS, *(UNDECODABLE if undecodable else ())]
    for index in range(len(names)):
        yield from _variants(names, next(iter(resources), ("0",) * len(names)), index, hostile, barred)
    for target in resources[:: -(-len(resources) // TARGETS) or 1]:
        yield dict(zip(names, target, strict=True))
        for index, value in enumerate(target):
            changed = dict.fromkeys(change(value, len(value) // 2) for change in NEAR)
            yield from _variants(names, target, index, changed, barred)


_LENGTHS: Final = tuple("x" * size for size in (64, 65, 128, 129, 256, 257, 1_025, 4_097))
"""Just longer than what columns and buffers hold."""


def _variants(
    names: list[str], target: tuple[str, ...], index: int, values: Iterable[str], barred: set[tuple[str, ...]]
) -> Iterator[dict[str, str]]:
    for value in values:
        resource = (*target[:index], value, *target[index + 1 :])
        if sendable(value) and resource not in barred:
            yield dict(zip(names, resource, strict=True))


def _sometimes_known(strange: SearchStrategy[str], column: tuple[str, ...]) -> SearchStrategy[str]:
    from hypothesis import strategies as st

    return st.booleans().flatmap(lambda known: st.sampled_from(column) if known else strange)


def _ordinary(document: Document, pointer: str, known: tuple[str, ...]) -> SearchStrategy[str]:
    from hypothesis import strategies as st

    from strategies.from_schema import from_schema

    if not _any_text(document, pointer):
        return from_schema(document, pointer).map(as_text)
    shapes = known or _SHAPES
    # One number each: Hypothesis copies parts of what takes many draws, until hardly anything else is drawn.
    return st.builds(_of_its_shape, st.sampled_from(shapes), st.integers(0, 2**64 - 1))


def _of_its_shape(value: str, number: int) -> str:
    """Other letters for letters and other digits for digits, as the number says; separators stay."""
    groups = _HEX if re.fullmatch("[0-9a-f-]*[a-f][0-9a-f-]*", value) else _GROUPS
    found = ""
    for char in value:
        alphabet = next((group for group in groups if char in group), char)
        number, index = divmod(number, len(alphabet))
        found += alphabet[index]
    return found


def _ordinary_samples(document: Document, pointer: str) -> list[str]:
    from strategies.covering import covering_set

    if _any_text(document, pointer):
        return ["id-999999", "123e4567-e89b-12d3-a456-426614174999", "999999"]
    return [as_text(value) for value in covering_set(document, pointer)]


def _any_text(document: Document, pointer: str) -> bool:
    walk = Walk(document)
    return walk.step(walk.node(pointer)) == Scalar(Text(), None)


def _hostile(undecodable: bool) -> SearchStrategy[str]:
    from hypothesis import strategies as st

    text = st.text(min_size=1)
    control = st.text(st.characters(categories=("Cc", "Cf", "Zs", "Zl", "Zp")), min_size=1, max_size=20)
    # One piece many times over: Hypothesis draws no text of thousands of characters in bearable time.
    long = st.builds(
        lambda piece, size: (piece * size)[:size],
        st.text(min_size=1, max_size=5),
        st.integers(1_000, LONGEST),
    )
    kinds = [st.sampled_from(UNDECODABLE)] if undecodable else []
    kinds += [st.sampled_from(HOSTILE), text, control, st.builds(str.__add__, st.sampled_from(HOSTILE), text), long]
    return st.sampled_from(range(len(kinds))).flatmap(kinds.__getitem__)


_GROUPS: Final = ("abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789")

_HEX: Final = ("0123456789abcdef",)

_SHAPES: Final = ("id-0a1b2c3d", "123e4567-e89b-12d3-a456-426614174000", "Ab3xY9", "1234567")
"""What ids look like where none is known."""


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
    """The same to the eye: letters of Cyrillic and Greek, a hyphen that is none."""
    return value.translate(_LOOKALIKES) if value.translate(_LOOKALIKES) != value else value + "\u200b"


def _full_width(value: str, position: int) -> str:
    """Equal after normalisation (Unicode NFKC)."""
    return "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in value)


def _decomposed(value: str, position: int) -> str:
    """Equal after normalisation (Unicode NFC), or with a mark that only looks odd."""
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
    """A blank of no width."""
    return value + "\u200b"


def _raised(value: str, position: int) -> str:
    return value.upper() if value.upper() != value else value.lower()


def _padded(value: str, position: int) -> str:
    """A zero before the first number."""
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
    """A blank, to whom decodes a path like a form."""
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
    """The same but for marks, which some collations pass over: without those that it has, else with one."""
    bare = "".join(char for char in unicodedata.normalize("NFD", value) if not unicodedata.combining(char))
    if bare != unicodedata.normalize("NFD", value):
        return bare
    at = next((index for index, char in enumerate(value) if char.isalpha()), 0)
    return unicodedata.normalize("NFC", value[: at + 1] + "\u0301") + value[at + 1 :]


def _wildcard(value: str, position: int) -> str:
    """A pattern of SQL's LIKE."""
    return value[:-1] + "_" if value[-1:] != "_" else value[:-1] + "%"


def _percent_wildcard(value: str, position: int) -> str:
    return value[: max(1, len(value) - 2)] + "%"


def _star(value: str, position: int) -> str:
    return value[: max(1, len(value) - 2)] + "*"


def _first_flipped(value: str, position: int) -> str:
    return value[:1].swapcase() + value[1:]


def _folding(value: str, position: int) -> str:
    """The same in capitals or in small letters, by Unicode's rules: a long s, an i without its dot, Kelvin's sign."""
    folding = value.translate(_FOLDING)
    return folding if folding != value else value + "\u00ad"


def _braced(value: str, position: int) -> str:
    """As many a library takes a UUID."""
    return f"{{{value}}}"


def _urn(value: str, position: int) -> str:
    """As RFC 9562, section 4 writes a UUID."""
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
"""The near-misses."""

_LOOKALIKES: Final = str.maketrans("aceiopxyABEHKMOPTXvn-_", "асеіорхуАВЕНКМОРТХνո‐＿")

_FOLDING: Final = str.maketrans("sSiIkK", "ſſıı\u212a\u212a")

HOSTILE: Final = (
    "\0",
    "%00",
    "%2F",
    "%2e%2e%2f",
    "%",
    "%zz",
    "%25",
    "/",
    "//",
    "../../etc/passwd",
    "..\\..\\windows",
    "...",
    "a/../b",
    ";",
    "?",
    "#",
    "&",
    "=",
    "+",
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
    "[]",
    "{}",
    "{id}",
    "{{7*7}}",
    "${7*7}",
    "${jndi:x}",
    "$(id)",
    "`id`",
    "<script>alert(1)</script>",
    "%s%n",
    "*",
    "null",
    "None",
    "undefined",
    "NaN",
    "true",
    "__proto__",
    "constructor",
    "0",
    "-1",
    "1e309",
    "1.5",
    "9" * 400,
    "2025-01-01",
    "ABC",
    "\u200b",
    "\u2028",
    "\ufeff",
    "\u202eabc",
    "שלום",
    "مرحبا",
    "日本語",
    "🙂",
    "👩‍👩‍👧‍👦",
    "e\u0301",
    "ß",
    "İ",
    "ﷺ",
    "\ufffd",
    "\uffff",
    "\U0010ffff",
)
"""Texts that have hurt servers, each sendable as one percent-encoded segment; none does harm where it bites."""

UNDECODABLE: Final = (
    "\udcff",  # a byte that UTF-8 never has
    "id\udc80",  # a continuation that continues nothing
    "\udcc3(",  # a beginning without its continuation
    "\udcc0\udcaf",  # a slash in two bytes, which RFC 3629 forbids
    "\udced\udca0\udc80",  # half a surrogate pair
    "\udcf4\udc90\udc80\udc80",  # beyond U+10FFFF
)
"""Bytes that are not UTF-8, as `surrogateescape` holds them."""
