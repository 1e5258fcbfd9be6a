"""Word the command that sends a witness's request again, as it was sent.

Hides which options of curl keep it from changing a request, and how the shell writes a long URL on a short line.
"""

import re
import shlex
from collections.abc import Iterator, Sequence
from typing import Final
from urllib.parse import urlsplit

from contracts.http import carries_no_key
from contracts.openapi import Credential
from contracts.reports.messages import MAX_LINE, clipped, visible
from contracts.verdict import RunFacts, Witness

_PIECE: Final = 240
"""The number of characters of one part of a command that goes over several lines."""

_MAX_PIECES: Final = 6
_REPEATED: Final = re.compile(r"((?:%[0-9A-F]{2}|[^%]){1,12}?)\1{19,}")
"""A unit of a URL that stands there twenty times or more, one behind the other."""


def curl(witness: Witness, run: RunFacts) -> str:
    """Return the command on one line, however long; empty if it is not known which server was asked.

    The API key and other credentials are left to the shell's environment, in the variables that the document names.
    """
    urls = [*_urls(witness, run)]
    return " ".join([_command(witness, run, urls[0]), *map(shlex.quote, urls)]) if urls else ""


def request_line(witness: Witness) -> str:
    """Return the request as it was captured, for one that no command can send again: `GET /jobs/7`."""
    return clipped(visible(f"{witness.request.method} {witness.request.url or '(path not known)'}"), _PIECE)


def curl_lines(witness: Witness, run: RunFacts) -> tuple[str, ...]:
    """Return the command for bash on lines of MAX_LINE characters at most, or where to find one that takes too many.

    A part that repeats itself is written by `printf` and its number; what is long otherwise goes over several lines.
    Empty if it is not known which server was asked.
    """
    urls = [*_urls(witness, run)]
    if not urls:
        return ()
    command = _command(witness, run, urls[0])
    words = [shlex.quote(url) if len(url) <= _PIECE else f'"{"".join(_folded(url))}"' for url in urls]
    if max(map(len, (command, *words))) > _PIECE:
        words = [f'"$(printf %s {" ".join(map(shlex.quote, _pieces(url)))})"' for url in urls]
        words = " ".join(words).split(" ")
    lines = tuple(_packed([command, *words]))
    if len(lines) <= _MAX_PIECES and len(command) <= _PIECE:
        return lines
    return (f"the command has {len(curl(witness, run))} characters: report.json holds it (--report-dir DIR)",)


_MARGIN: Final = " " * 12
"""What stands before a command, at most."""


def _pieces(url: str) -> Iterator[str]:
    yield from (url[start : start + _PIECE] for start in range(0, len(url), _PIECE))


def _packed(words: Sequence[str]) -> Iterator[str]:
    """Yield the words on as few lines as they need, of which all but the last go on behind a backslash."""
    line = words[0]
    for word in words[1:]:
        if len(f"{_MARGIN}{line} {word} \\") > MAX_LINE:
            yield f"{line} \\"
            line = f"  {word}"
        else:
            line += f" {word}"
    yield line


def request_lines(witness: Witness, run: RunFacts) -> tuple[str, ...]:
    """Return the command as `curl_lines` does, or the request where there is none."""
    return curl_lines(witness, run) or (request_line(witness),)


def _urls(witness: Witness, run: RunFacts) -> Iterator[str]:
    """Yield the URL of the witness's request, and one that was asked for at the same time if there were any.

    A captured URL may be a path alone: it is one of the server that was named, and of none if none was.
    """
    request, url = witness.request, witness.request.url
    if not _is_absolute(url):
        if not (url.startswith("/") and _is_absolute(run.target)):
            return
        server = urlsplit(run.target)
        url = f"{server.scheme}://{server.netloc.rpartition('@')[2]}{url}"
    yield url
    if request.together:
        operation = next(each for each in run.document.operations if each.path == witness.operation)
        path, mark, query = url.partition("?")
        base, end = path.removesuffix(operation.url_path(dict(request.parameters))), mark + query
        yield from (base + operation.url_path(operation.bind(each)) + end for each in request.together[:1])


def _is_absolute(url: str) -> bool:
    return re.match("https?://[^/?#]", url, re.IGNORECASE) is not None


def _command(witness: Witness, run: RunFacts, url: str) -> str:
    request, without_secrets = witness.request, carries_no_key(witness.request.method)
    words = ["curl", "-sS", "-i", *(["-X", request.method] if not request.is_read else [])]
    words += _options(witness, url, is_ours=not run.was_captured)
    words += [word for pair in (*request.negotiated, *request.headers) for word in ("-H", shlex.quote(": ".join(pair)))]
    for credential in run.sent:
        if not (credential.is_secret and without_secrets):
            words += _curl_words(credential)
    # Of the requests that were in flight at the same time two are sent so again: all would take many lines.
    words += ["-Z", "--parallel-immediate"] if request.together else []
    return " ".join(words)


def _options(witness: Witness, url: str, *, is_ours: bool) -> Iterator[str]:
    """Yield what keeps curl from changing the URL, the body of the message or, if we sent it, the version of HTTP."""
    if "/." in url:
        yield "--path-as-is"  # It would remove dot segments.
    if re.search(r"[\[\]{}]", url):
        yield "--globoff"  # It would take brackets and braces for a set of URLs.
    if is_ours and url.startswith("https:"):
        yield "--http1.1"  # It would agree on HTTP/2.
    if any(name.lower() == "accept-encoding" for name, _ in witness.request.negotiated):
        yield "--compressed"  # It would show the coded bytes.


def _folded(url: str) -> Iterator[str]:
    """Yield the parts of the URL for a shell's double quotes, with what repeats itself as a command."""
    end = 0
    for found in _REPEATED.finditer(url):
        yield _escaped(url[end : found.start()])
        unit, end = found[1], found.end()
        times = len(found[0]) // len(unit)
        yield f"$(printf {shlex.quote(unit.replace('%', '%%') + '%.0s')} {{1..{times}}})"
    yield _escaped(url[end:])


def _escaped(text: str) -> str:
    return re.sub(r'([$`"\\])', r"\\\1", text)


def _curl_words(credential: Credential) -> list[str]:
    """Return the options by which curl sends the credential, its value left to the shell."""
    name, value = credential.name, f"${credential.environment}"
    if credential.place == "query":
        return ["-G", "--data-urlencode", f'"{name}={value}"']
    if credential.place == "cookie":
        return ["-b", f'"{name}={value}"']
    if credential.scheme == "basic":
        return ["-u", f'"{value}"']
    return ["-H", f'"{name}: {"Bearer " if credential.scheme else ""}{value}"']
