"""Read media types, and choose the documented one that a response's Content-Type belongs to.

Hides their grammar, which of several keys of a `content` is the most specific, and what an Accept field asks for.
Sources: RFC 9110, sections 8.3.1 and 12.5.1; OpenAPI 3.1.0, "Response Object", content.
"""

import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from contracts.openapi.document import Operation

# RFC 9110, sections 5.6.2 and 8.3.1.
_TOKEN: Final = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
# The repetitions are possessive, so that matching takes linear time whatever the field holds.
_PARAMETER: Final = rf'[ \t]*+;[ \t]*+(?:{_TOKEN}=(?:{_TOKEN}|"(?:[^"\\]|\\.)*+"))?'
_MEDIA_TYPE: Final = re.compile(rf"({_TOKEN}/{_TOKEN})((?:{_PARAMETER})*)[ \t]*")
_NAMED: Final = re.compile(rf';[ \t]*({_TOKEN})=(?:({_TOKEN})|"((?:[^"\\]|\\.)*+)")')


@dataclass(frozen=True, slots=True)
class MediaType:
    """A media type or a range such as `text/*`: its name in small letters, and its parameters in order.

    The names of parameters are in small letters, and quotes are undone.
    """

    name: str
    parameters: tuple[tuple[str, str], ...] = ()

    @property
    def is_json(self) -> bool:
        """Whether a body of the type is JSON text (RFC 6839, section 3.1)."""
        return self.name == "application/json" or self.name.endswith("+json")

    @property
    def is_text(self) -> bool:
        """Whether a body of the type is text for people to read (RFC 2046, section 4.1)."""
        return self.name.startswith("text/")

    @property
    def charset(self) -> str:
        """The charset that the type names first; empty if none."""
        return next((value for name, value in self.parameters if name == "charset"), "")

    @property
    def values(self) -> frozenset[tuple[str, str]]:
        """The parameters as they are compared: the name of a charset is the same in any case."""
        return frozenset((name, value.lower() if name == "charset" else value) for name, value in self.parameters)

    @property
    def ranges(self) -> tuple[str, str]:
        """The ranges that cover the type, the narrower one first."""
        return self.name.partition("/")[0] + "/*", "*/*"

    def allows(self, sent: "MediaType") -> bool:
        """Whether a type of this name has no parameter of another value than here, charset aside."""
        theirs = dict(sent.parameters)
        return all(theirs.get(name, value) == value for name, value in self.parameters if name != "charset")


@functools.lru_cache(maxsize=1024)
def parse_media_type(text: str) -> MediaType | None:
    """Return the media type or range that the text is; None if it is none (RFC 9110, section 8.3.1)."""
    found = _MEDIA_TYPE.fullmatch(text.strip(" \t"))
    if found is None:
        return None
    named = ((name.lower(), word or re.sub(r"\\(.)", r"\1", quoted)) for name, word, quoted in _NAMED.findall(found[2]))
    return MediaType(found[1].lower(), tuple(named))


def documented_key(keys: Iterable[str], sent: MediaType) -> str | None:
    """Return the key that applies to a response of the type: only the most specific one does; None if none covers it.

    Of several keys of one type their parameters decide; the parameters of a single one only rule out other values.
    """
    known = [(key, parsed) for key in keys if (parsed := parse_media_type(key))]
    own = [(key, parsed) for key, parsed in known if parsed.name == sent.name]
    if len(own) == 1:
        fitting = [(key, parsed) for key, parsed in own if parsed.allows(sent)]
    else:
        fitting = [(key, parsed) for key, parsed in own if parsed.values <= sent.values]
    if fitting:
        return max(fitting, key=lambda each: len(each[1].parameters))[0]
    if own:
        return None  # The document tells versions of this type apart, and the response's is not among them.
    return next((key for name in sent.ranges for key, parsed in known if parsed.name == name), None)


def sample_type(keys: Iterable[str], key: str) -> MediaType | None:
    """Return a media type to which this key applies, JSON for a range if possible; None if there is none."""
    listed, parsed = tuple(keys), parse_media_type(key)
    if parsed is None:
        return None
    kind = parsed.name.partition("/")[0]
    names = {"*": _OF_ANY, "application": _OF_APPLICATION}.get(kind, (f"{kind}/plain", f"{kind}/x-sample"))
    samples = (MediaType(name) for name in names) if parsed.name.endswith("/*") else (parsed,)
    return next((each for each in samples if documented_key(listed, each) == key), None)


_OF_APPLICATION: Final = ("application/json", "application/octet-stream", "application/x-sample+json")
_OF_ANY: Final = (_OF_APPLICATION[0], "text/plain", *_OF_APPLICATION[1:])


@functools.lru_cache(maxsize=256)
def accept_field(operation: Operation) -> str:
    """Return the Accept field that asks for all that the operation documents, over all statuses, JSON first."""
    keys = dict.fromkeys(key.strip() for spec in operation.responses for key in spec.content)
    known = [(key, parsed) for key in keys if key.isascii() and key.isprintable() and (parsed := parse_media_type(key))]
    return ", ".join(key for key, _ in sorted(known, key=lambda each: not each[1].is_json)) or "*/*"
