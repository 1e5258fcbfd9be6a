"""The options of a run, each declared once: pytest's parser, the command line and the settings use this table."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from contracts.http import MAX_BODY, TIMEOUT
from contracts.openapi import ConfigurationError

EXAMPLES: Final = ".hypothesis/examples"
"""The folder in which examples are kept unless an option says otherwise: Hypothesis's own."""


@dataclass(frozen=True, slots=True)
class Option:
    """One option: its name, what stands for its value in the help (nothing: it is a flag), and its help.

    `default` of `[]` makes it repeatable. `variable` names the environment variable that stands in for it. `alias` is a
    shorter name, which pytest has for something else.
    """

    name: str
    metavar: str
    help: str
    kind: Callable[[str], Any] = str
    default: Any = None
    variable: str = ""
    alias: str = ""

    @property
    def key(self) -> str:
        """The name under which a parser keeps the value."""
        return self.name.removeprefix("--").replace("-", "_")

    def add_to(self, add: Callable[..., object], *, aliases: bool = False) -> None:
        """Declare the option by `add`: argparse's `add_argument`, or pytest's `addoption`, which takes the same."""
        text = f"{self.help} (or {self.variable})" if self.variable else self.help
        if not self.metavar:
            add(self.name, *([self.alias] if aliases and self.alias else []), action="store_true", help=text)
        elif isinstance(self.default, list):
            add(self.name, metavar=self.metavar, action="append", default=[], help=f"{text}; may be repeated")
        else:
            add(self.name, metavar=self.metavar, type=self.kind, default=self.default, help=text)


OPTIONS: Final = (
    Option("--base-url", "URL", "the server to judge; default: the embedded mock", variable="CONTRACT_BASE_URL"),
    Option("--start", "COMMAND", "starts the server to judge, and ends it; {port} in it stands for a free port"),
    Option("--wait", "SECONDS", "wait for a server that comes up; default: 0, and 30 with --start", float),
    Option("--job-id", "ID", "an id that exists", default=[]),
    Option("--job-ids", "FILE", "a file of ids that exist, one a line", variable="CONTRACT_JOB_IDS: id,id,..."),
    Option("--parameter", "NAME=VALUE", "the value of a parameter; of a path parameter an id that exists", default=[]),
    Option("--parameters", "FILE", "the same as CSV: a line of names, then a row for each set of values"),
    Option("--discover", "N", "ask for N ids that the official SDK lists", int, 0),
    Option("--document", "FILE", "an OpenAPI 3.1 or 3.2 document with GET operations; default: the pinned one"),
    Option(
        "--operation",
        "PATTERN",
        "judge only operations whose path or operationId matches, such as '/jobs*'",
        default=[],
    ),
    Option("--skip", "PATTERN", "leave out operations whose path or operationId matches", default=[]),
    Option("--strict-document", "", "refuse a document of which anything cannot be judged, in place of leaving it out"),
    Option(
        "--overlay",
        "FILE|NAME",
        "an OpenAPI Overlay in place of the pinned one, or the name of one that adds to it",
        default=[],
    ),
    Option("--no-overlay", "", "leave the pinned overlay out"),
    Option("--annotation", "KEYWORD", "an unknown keyword that asserts nothing", default=[]),
    Option("--timeout", "SECONDS", f"for one whole answer; default: {TIMEOUT:g}", float, TIMEOUT),
    Option("--max-body", "BYTES", f"the largest body read; default: {MAX_BODY}", int, MAX_BODY),
    Option("--max-requests", "N", "stop after this number of requests, of all processes together", int),
    Option(
        "--plan-requests",
        "N",
        "plan about this number of requests at most, shared fairly over the operations; default: 20000 in ci, else 0, "
        "which is no bound",
        int,
    ),
    Option("--rate-limit", "N/s", "send no faster, all processes together: 10/s, 90/m, 1000/h"),
    Option(
        "--retries",
        "N",
        "how often to send again what was not answered or put off; default: 0, and 2 in nightly and prerelease",
        int,
    ),
    Option("--api-key-file", "FILE", "a file that holds the API key alone (or the variable that the overlay names)"),
    Option("--key-command", "COMMAND", "prints the API key; run where none is set, and again when the key runs out"),
    Option("--header", "NAME", "send this header too, with the value of CONTRACT_HEADER_NAME", default=[]),
    Option("--client-cert", "FILE", "the client's own certificate for TLS, PEM"),
    Option("--client-key", "FILE", "the key of --client-cert, if it stands in another file, PEM"),
    Option("--allow-plain-http-key", "", "send the key over plain http to other machines too"),
    Option("--redact", "POINTER", "keep no value at this place of a body, such as /items/*/name", default=[]),
    Option("--ca-bundle", "FILE", "certificates of the authorities to trust, PEM"),
    Option("--report-dir", "DIR", "write report.html, .json, .md and .sarif, junit.xml and exchanges.har there"),
    Option("--ledger", "FILE", "add the run to this SQLite file, which knows all runs; made if it is new"),
    Option("--compare", "FILE", "report.json of an earlier run, to report what is new or fixed"),
    Option("--require", "WHAT", "what must be seen: all, statuses, PLACE=ONE, ...", default=[]),
    Option("--waivers", "FILE", "violations that are known and accepted until a date, TOML"),
    Option("--write-waivers", "FILE", "draft waivers for what this run finds"),
    Option("--shard", "K/N", "ask only this part of everything; with --tally FILE"),
    Option("--tally", "FILE", "write what this shard saw, for contract merge FILE..."),
    Option(
        "--probe-methods",
        "",
        "also send methods that the document does not have, which may change or delete things; with --disposable",
    ),
    Option("--disposable", "", "say that nothing matters that the target holds"),
    Option(
        "--example-database",
        "WHERE",
        "keeps ids whose answers broke a promise for the next run: a folder, redis://..., github:owner/repo; "
        f"default: {EXAMPLES}, and none in the ci profile",
    ),
    Option("--traceparent", "", "send one with every request, by which the server's owners find it", alias="--trace"),
    Option("--no-progress", "", "no live line on a terminal, no line every 30 s elsewhere"),
    Option(
        "--strict-refusals",
        "",
        "count refusals of ids that a router, gateway or firewall may refuse as violations, as those of ordinary ids",
        variable="CONTRACT_STRICT_REFUSALS",
    ),
    Option("--utf8-ids", "", "leave out ids whose bytes are not UTF-8, such as the byte FF"),
)
"""Every option, beside Hypothesis's `--hypothesis-profile` and `--hypothesis-seed`, in the order of the help."""

_LIMITS: Final[dict[str, tuple[Callable[[Any], bool], str]]] = {
    "--discover": (lambda number: number >= 0, "is no number of ids; give 0 or more"),
    "--wait": (lambda seconds: 0 <= seconds < math.inf, "is no time; give seconds, 0 or more"),
    "--timeout": (lambda seconds: 0 < seconds < math.inf, "is no time; give seconds above 0"),
    "--max-body": (lambda size: size > 0, "leaves no room; give bytes above 0"),
    "--max-requests": (lambda number: number > 0, "leaves nothing to ask; give a number above 0"),
    "--plan-requests": (lambda number: number >= 0, "is no number of requests; give 0 or more"),
    "--retries": (lambda number: number >= 0, "is no number of times; give 0 or more"),
}
"""Option to whether a value makes sense, and to what is wrong with one that makes none, and how to fix it."""

VARIABLES: Final = {option.key: option.variable.partition(":")[0] for option in OPTIONS if option.variable}
"""Option to the environment variable that stands in for it."""


def option_values(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the value of every option, given or default.

    Raises ConfigurationError, in one line with the fix, for a value that makes no sense.
    """
    values = {option.key: given.get(option.key, option.default) for option in OPTIONS}
    for option in OPTIONS:
        value = values[option.key]
        makes_sense, complaint = _LIMITS.get(option.name, (None, ""))
        if makes_sense and value is not None and not makes_sense(value):
            shown = f"{value:g}" if isinstance(value, float) else value
            raise ConfigurationError(f"{option.name} {shown} {complaint}")
        if isinstance(option.default, list):
            values[option.key] = list(value)
    return values
