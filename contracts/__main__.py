"""The one door: `contract COMMAND`, or `python -m contracts COMMAND`."""

import argparse
import importlib
import itertools
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NoReturn

from contracts.broken_pipe import print_lines
from contracts.errors import EXIT_ERROR, EXIT_FAILED, ConfigurationError, ContractError

COMMANDS: Final = {
    "verify": ("contract verify --base-url https://host", "ask a server for every kind of answer, and judge each"),
    "check": ("contract check traffic.har", "judge answers that were captured elsewhere; nothing is sent"),
    "audit": ("contract audit openapi.yaml", "say what in a document is wrong or vague, and how to correct it"),
    "diff": (
        "contract diff main:openapi.yaml openapi.yaml",
        "say what changed for readers and senders, with witnesses",
    ),
    "replay": ("contract replay report.json", "ask again for the violations of a report, and say which are fixed"),
    "merge": ("contract merge part-1.json part-2.json", "make one verdict of a run that was cut into shards"),
    "ledger": ("contract ledger runs.sqlite", "say what many runs have seen, and since when something is broken"),
    "explain": ("contract explain schema.enum", "say what a rule means, with examples, and what to do"),
    "rules": ("contract rules", "print every rule that an answer or a document can break, as Markdown"),
    "mock": ("contract mock --port 4010", "serve every answer that a document promises, or broken ones"),
}
"""Command to an example of it and what that does; each command is a module of `contracts.commands`."""

_USAGE: Final = "contract COMMAND --help has more examples and every option; contract --version prints the version"

_BY_PYTEST: Final = "in a checkout python3 -m tox run -e verify --"


class Parser(argparse.ArgumentParser):
    """The parser of one command. Its help begins with examples; its errors are one line, as everywhere."""

    def __init__(self, command: str) -> None:
        """Load the command's module, which has the words and declares the arguments."""
        self._module = importlib.import_module(f"contracts.commands.{command}")
        super().__init__(
            prog=f"contract {command}",
            description="\n".join([(self._module.__doc__ or "").strip(), "", *aligned(self._module.EXAMPLES)]),
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        self._module.add_arguments(self)

    def run(self, words: Sequence[str]) -> int:
        """Carry out the command and return the exit code; raises ContractError for words that make no sense."""
        return int(self._module.run(self.options(words)))

    def options(self, words: Sequence[str]) -> argparse.Namespace:
        """Return what the words say; raises ConfigurationError, with the nearest option, for one that there is not."""
        # As argparse has no list of them in public, they are read from the help, where each begins a line.
        known = re.findall(r"--?\w[\w-]*", " ".join(re.findall(r"(?m)^  (-.*?)(?:  |$)", self.format_help())))
        for word in itertools.takewhile(lambda word: word != "--", words):
            name = word.partition("=")[0]  # What stands behind it may be a key: it is not repeated.
            if re.fullmatch(r"--\w[\w-]*", name) and name not in known:
                raise ConfigurationError(f"{name} is no option of {self.prog}; {_fix(name, known, self.prog)}")
        options, rest = self.parse_known_args(words)
        if rest:
            if (name := rest[0][:2]) in getattr(self._module, "OF_PYTEST", ()):
                raise ConfigurationError(f"{name} needs pytest: {_BY_PYTEST} {name} ...")
            self.error(f"{rest[0]!r} is {'no option' if rest[0].startswith('-') else 'one word too many'}")
        return options

    def error(self, message: str) -> NoReturn:
        """Raise ConfigurationError in place of printing the usage."""
        raise ConfigurationError(f"{message}; see {self.prog} --help")

    def print_help(self, file: object = None) -> None:
        """Print the help, for a reader who may have had enough before its end."""
        print_lines(self.format_help().splitlines())


def main(words: Sequence[str] | None = None) -> int:
    """Carry out the command that the words name; returns the exit code."""
    try:
        return _run(*(sys.argv[1:] if words is None else words) or [""])
    except ContractError as error:
        print(f"ERROR: {error}", file=sys.stderr)
        return EXIT_ERROR
    except Exception as error:  # noqa: BLE001 - Python would end with 1, which says that a promise was broken
        import traceback

        traceback.print_exc()
        said = " ".join(f"{type(error).__name__}: {error}".split())
        print(f"ERROR: a fault of the harness, {said}; please report it with the lines above", file=sys.stderr)
        return EXIT_FAILED


def _run(command: str, *rest: str) -> int:
    if command in COMMANDS:
        return Parser(command).run(rest)
    if command == "--version":
        from importlib.metadata import version

        print_lines([f"contract {version('fine-tuning-job-contract')}"])
    elif command in ("-h", "--help"):
        print_lines(_short_help())
    elif command:
        name, kind = command.partition("=")[0], "option" if command.startswith("-") else "command"
        known = [*COMMANDS, "--help", "--version"]
        raise ConfigurationError(f"{name} is no {kind} of contract; {_fix(name, known, 'contract')}")
    else:
        print(*_short_help(), sep="\n", file=sys.stderr)
        return EXIT_ERROR
    return 0


def aligned(examples: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield each example with what it does, all of these in one column; an example without words is continued."""
    rows = list(examples)
    width = max(len(example) for example, words in rows if words)
    return (f"  {example:<{width}}  {words}".rstrip() for example, words in rows)


def _short_help() -> list[str]:
    return [
        "usage: contract COMMAND [OPTION ...]",
        "",
        "Hold a server's answers against what its OpenAPI document promises.",
        "",
        *aligned(COMMANDS.values()),
        "",
        _USAGE,
    ]


def _fix(word: str, known: Iterable[str], command: str) -> str:
    from difflib import get_close_matches

    every = list(known)
    begun = [each for each in every if each.startswith(word) and len(word.strip("-")) > 1]
    near = get_close_matches(word, begun, n=1, cutoff=0) or get_close_matches(word, every, n=1)
    return f"did you mean {near[0]}?" if near else f"{command} --help lists them"


if __name__ == "__main__":
    sys.exit(main())
