"""The one door: `contract COMMAND`, or `python -m contracts COMMAND`."""

import argparse
import importlib
import sys
from collections.abc import Sequence
from typing import Final, NoReturn

from contracts.openapi import ConfigurationError, ContractError
from contracts.verdict import EXIT_ERROR

COMMANDS: Final = {
    "verify": "judge a server's answers, or those of the embedded mock",
    "check": "judge answers that were captured elsewhere",
    "replay": "ask again for the violations of a report, and say which are fixed",
    "merge": "make one verdict of a run that was cut into shards",
    "ledger": "print what many runs have seen",
    "rules": "print every rule that an answer can break",
    "explain": "say what a rule means, with examples, and what to do",
    "mock": "serve every answer that a document promises, or broken ones",
}
"""Command to what it does; each is a module of `contracts.commands`."""


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one line, like every other error of the harness."""

    def error(self, message: str) -> NoReturn:
        raise ConfigurationError(f"{message}; see {self.prog} --help")


def main(words: Sequence[str] | None = None) -> int:
    """Carry out the command that the words name; returns the exit code."""
    words = sys.argv[1:] if words is None else words
    parser = _Parser(prog="contract", description="Hold a server's answers against what its OpenAPI document promises.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    named = words[0] if words and words[0] in COMMANDS else ""
    for name, purpose in COMMANDS.items():
        module = importlib.import_module(f"contracts.commands.{name}") if name == named else None
        text = module.__doc__ if module else purpose
        command = commands.add_parser(
            name,
            help=purpose,
            description=text,
            allow_abbrev=False,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        if module:
            module.add_arguments(command)
            command.set_defaults(run=module.run)
    try:
        chosen = parser.parse_args(words)
        return int(chosen.run(chosen))
    except ContractError as error:
        print(f"ERROR: {error}", file=sys.stderr)
        return EXIT_ERROR


if __name__ == "__main__":
    sys.exit(main())
