"""The options of a run, each declared once: pytest's parser, the command line and the settings use this table.

It imports nothing that a run needs, so that `contract COMMAND --help` and errors of usage are there at once.
"""

import math
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Final

from contracts.errors import ConfigurationError

TIMEOUT: Final = 5.0
"""Seconds for one whole answer, from the connection to the last byte."""

MAX_BODY: Final = 64 * 1024 * 1024
"""Bytes of a body, content coding undone, after which it is read no further."""

EXAMPLES: Final = ".hypothesis/examples"
"""The folder in which examples are kept unless an option says otherwise: Hypothesis's own."""


@dataclass(frozen=True, slots=True)
class Option:
    """One option: its name, what stands for its value in the help (nothing: it is a flag), and its help.

    `default` of `[]` makes it repeatable; `default_words` says in the help what happens without the option, where the
    value does not. `variable` names the environment variable that stands in for it. `alias` is a shorter name, which
    pytest has for something else.
    """

    name: str
    metavar: str
    help: str
    kind: Callable[[str], Any] = str
    default: Any = None
    default_words: str = ""
    variable: str = ""
    alias: str = ""

    @property
    def key(self) -> str:
        """The name under which a parser keeps the value."""
        return self.name.removeprefix("--").replace("-", "_")

    @property
    def full_help(self) -> str:
        """The help with what an option may be: given several times, left to its default or to the environment."""
        several = "; may be given several times" if isinstance(self.default, list) else ""
        value = self.default_words or ("" if self.default in (None, []) else f"{self.default:g}")
        default = f"default: {value}" if value else ""
        variable = f"environment: {self.variable}" if self.variable else ""
        behind = "; ".join(filter(None, (default, variable)))
        return f"{self.help}{several} ({behind})" if behind else f"{self.help}{several}"

    def add_to(self, add: Callable[..., object], *, aliases: bool = False) -> None:
        """Declare the option by `add`: argparse's `add_argument`, or pytest's `addoption`, which takes the same."""
        if not self.metavar:
            add(self.name, *([self.alias] if aliases and self.alias else []), action="store_true", help=self.full_help)
        elif isinstance(self.default, list):
            add(self.name, metavar=self.metavar, action="append", default=[], help=self.full_help)
        else:
            add(self.name, metavar=self.metavar, type=self.kind, default=self.default, help=self.full_help)


SERVER: Final = "the server"
ASKED: Final = "what is asked for"
REPORTS: Final = "reports"

_GROUPS: Final = {
    SERVER: (
        Option(
            "--base-url",
            "URL",
            "the server to judge, as https://host:port/path",
            default_words="the embedded mock",
            variable="CONTRACT_BASE_URL",
        ),
        Option("--start", "COMMAND", "start the server by this command, and end it; {port} stands for a free port"),
        Option(
            "--wait",
            "SECONDS",
            "how long to wait for the server to come up",
            float,
            default_words="0, or 30 with --start",
        ),
    ),
    "the document": (
        Option(
            "--document",
            "FILE",
            "the OpenAPI 3.1 or 3.2 document whose GET operations are judged",
            default_words="the pinned one",
        ),
        Option(
            "--operation",
            "PATTERN",
            "judge only operations whose path or operationId matches, such as '/jobs*'",
            default=[],
        ),
        Option("--skip", "PATTERN", "do not judge operations whose path or operationId matches", default=[]),
        Option(
            "--strict-document",
            "",
            "refuse a document of which any part cannot be judged",
            default_words="leave the part out, by name",
        ),
        Option(
            "--overlay",
            "FILE|NAME",
            "an OpenAPI Overlay file in place of the pinned one, or the name of one to add to it, such as fastapi",
            default=[],
        ),
        Option("--no-overlay", "", "judge by the document alone, without the pinned overlay"),
        Option(
            "--changes-since",
            "OLD",
            "say what changed since an earlier document: a file, REV:path in git or a URL; a change that breaks "
            "clients fails the run",
            variable="CONTRACT_CHANGES_SINCE",
        ),
        Option(
            "--annotation",
            "KEYWORD",
            "take this unknown keyword of the document for an annotation, and write no note about it",
            default=[],
        ),
    ),
    ASKED: (
        Option("--job-id", "ID", "an id that exists on the server", default=[]),
        Option("--job-ids", "FILE", "a file of ids that exist, one a line", variable="CONTRACT_JOB_IDS: id,id,..."),
        Option(
            "--parameter",
            "NAME=VALUE",
            "send a parameter with this value; the value of a path parameter is an id that exists",
            default=[],
        ),
        Option("--parameters", "FILE", "the same as CSV: a line of names, then a line for each set of values"),
        Option("--discover", "N", "also ask for N ids that the official SDK lists", int, 0),
        Option(
            "--max-requests", "N", "stop after N requests, of all processes together", int, default_words="no bound"
        ),
        Option(
            "--plan-requests",
            "N",
            "plan about N requests at most, shared fairly over the operations; 0 is no bound",
            int,
            default_words="20000 in ci, elsewhere nine tenths of --max-requests",
        ),
        Option("--utf8-ids", "", "do not ask for ids whose bytes are not UTF-8, such as the byte FF"),
        Option(
            "--probe-methods",
            "",
            "also send POST, PUT, PATCH, DELETE and TRACE as far as the document does not have them: these may change "
            "or delete things, and need --disposable",
        ),
        Option("--disposable", "", "allow --probe-methods: nothing that the server holds matters"),
        Option(
            "--example-database",
            "WHERE",
            "where ids whose answers broke a promise are kept for the next run: a folder, redis://... or "
            "github:owner/repo",
            default_words=f"{EXAMPLES}, and none in ci",
        ),
        Option("--shard", "K/N", "ask only part K of N, for `contract merge`; needs --tally"),
        Option("--tally", "FILE", "write what this part saw to a new file"),
    ),
    "how it is sent": (
        Option("--timeout", "SECONDS", "how long one whole answer may take", float, TIMEOUT),
        Option("--max-body", "BYTES", "how large a body may be", int, MAX_BODY, f"{MAX_BODY}, which is 64 MiB"),
        Option(
            "--rate-limit",
            "N/s",
            "how fast to send, all processes together: 10/s, 90/m, 1000/h",
            default_words="as fast as answers come",
        ),
        Option(
            "--retries",
            "N",
            "how often to send again what got no answer, 429, 502, 503 or 504",
            int,
            default_words="0, and 2 in nightly and prerelease",
        ),
        Option(
            "--traceparent",
            "",
            "send a W3C traceparent with every request, by which the server's traces show it",
            alias="--trace",
        ),
    ),
    "keys and certificates": (
        Option(
            "--api-key-file",
            "FILE",
            "a file that holds the API key and nothing else",
            default_words="the environment variable that the overlay names",
        ),
        Option(
            "--key-command",
            "COMMAND",
            "a command that prints the API key; run if no key is set, and again when a key that was accepted gets 401",
        ),
        Option("--header", "NAME", "also send this header; its value stands in CONTRACT_HEADER_NAME", default=[]),
        Option("--client-cert", "FILE", "the client's own TLS certificate, PEM"),
        Option("--client-key", "FILE", "the key of --client-cert, PEM", default_words="in the same file"),
        Option("--ca-bundle", "FILE", "certificates of the authorities to trust for TLS, PEM"),
        Option("--allow-plain-http-key", "", "send the key over plain http even to another machine than this one"),
    ),
    "what counts": (
        Option(
            "--require",
            "WHAT",
            "what must be seen before a run is green: statuses, branches, values, presence, all, PLACE=ONE, answers=N",
            default=[],
            default_words="a success of every operation",
        ),
        Option("--waivers", "FILE", "violations, and changes of the document, that are accepted until a date, TOML"),
        Option("--write-waivers", "FILE", "draft waivers of what stands in this run, to a new file"),
        Option(
            "--strict-refusals",
            "",
            "count it as a violation when a router, gateway or firewall refuses a strange id",
            default_words="a note",
            variable="CONTRACT_STRICT_REFUSALS",
        ),
    ),
    REPORTS: (
        Option(
            "--report-dir",
            "DIR",
            "write report.html, .json, .md and .sarif, junit.xml, gl-code-quality.json and exchanges.har there",
        ),
        Option("--ledger", "FILE", "add the run to this SQLite file, which knows many runs; made if it is new"),
        Option("--compare", "FILE", "report.json of an earlier run: say which violations are new or fixed"),
        Option("--redact", "POINTER", "keep no value at this place of a body, such as /items/*/name", default=[]),
        Option("--no-progress", "", "show no live line on a terminal, and no line every 30 s elsewhere"),
    ),
}
"""The options by group, in the order of the help; Hypothesis has `--hypothesis-profile` and `--hypothesis-seed`."""

OPTIONS: Final = tuple(option for options in _GROUPS.values() for option in options)
"""Every option."""

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


def add_options(
    add_to: Callable[[str], Callable[..., object]],
    *,
    names: Container[str] | None = None,
    leave_out: Container[str] = (),
    words: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
    aliases: bool = False,
) -> None:
    """Declare the options of the names, or all of them, but for those to leave out, group by group.

    `add_to` gives, for the title of a group, what declares an option in it: the `add_argument` of a group of argparse,
    or the `addoption` of one of pytest. `words` are, by the option's name, `help` and `default_words` that differ.
    """
    for title, options in _GROUPS.items():
        chosen = [each for each in options if each.name not in leave_out and (names is None or each.name in names)]
        for option in chosen:
            replace(option, **words.get(option.name, {})).add_to(add_to(title), aliases=aliases)


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
