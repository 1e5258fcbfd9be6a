"""Help begins with examples that the command takes, and a word that is mistyped is answered by the nearest one."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest

from contracts.__main__ import COMMANDS, Parser, main
from contracts.errors import EXIT_ERROR
from contracts.options import OPTIONS
from contracts.rules import explain

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
_PATTERN = re.compile(r"(?:python3? -m contracts|\bcontract) (" + "|".join(COMMANDS) + r")\b([^\n|]*)")


def help_of(command: str) -> str:
    return Parser(command).format_help()


def examples(command: str) -> list[str]:
    """The examples that the help of a command begins with, without what they do."""
    text = help_of(command).partition("\noptions:")[0]
    return [line.strip().partition("  ")[0] for line in text.splitlines() if re.match(r"  (?=\S).*\bcontract ", line)]


def words_of(example: str) -> list[str]:
    """The command and the words behind it, without what the shell takes out of the line: `| ...`, `> FILE`, `# ...`."""
    found = _PATTERN.search(example)
    assert found, example
    words = shlex.split(found[2].partition(" > ")[0], comments=True)
    return [found[1], *words]


def parse(example: str) -> None:
    command, *words = words_of(example)
    Parser(command).options(words)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_begins_with_two_to_five_examples_and_says_what_each_does(command: str) -> None:
    found = examples(command)
    assert 2 <= len(found) <= 5
    lines = help_of(command).splitlines()
    shown = [next(line for line in lines if line.strip().startswith(f"{example}  ")) for example in found]
    words = [line.strip()[len(example) :].lstrip() for line, example in zip(shown, found, strict=True)]
    assert all(words)
    assert len({line.index(word) for line, word in zip(shown, words, strict=True)}) == 1


@pytest.mark.parametrize(
    "example",
    [
        *(example for command in COMMANDS for example in examples(command)),
        *(example for example, _ in COMMANDS.values()),
    ],
)
def test_every_example_of_the_help_is_taken_by_its_command(example: str) -> None:
    parse(example)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_that_a_page_shows_is_taken(page: Path) -> None:
    for example in shown(page.read_text("utf-8")):
        parse(example)


def shown(text: str) -> Iterator[str]:
    """Every line with a command of ours in the blocks of code of a page; those of the pipelines are run by a test."""
    blocks = re.findall(r"(?ms)^```(?:console|sh|bash)\n(.*?)^```", text)
    for line in "".join(blocks).replace("\\\n", " ").splitlines():
        if _PATTERN.search(line.partition(" #")[0]) and not line.lstrip().startswith("#"):
            yield line


def test_the_pages_show_commands() -> None:
    found = [each for page in PAGES for each in shown(page.read_text("utf-8"))]
    assert len(found) >= 5


@pytest.mark.parametrize("example", [*examples("explain"), *examples("rules"), "contract mock --faults"])
def test_an_example_that_needs_no_server_and_no_file_does_what_it_says(
    example: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words_of(example)) == 0
    assert capsys.readouterr().out


def test_every_option_of_a_run_is_in_the_help_of_verify_with_its_default_and_its_variable() -> None:
    text = " ".join(help_of("verify").split())
    for option in OPTIONS:
        assert f" {option.name}" in text
        assert " ".join(option.full_help.split()) in text.replace("- ", "-"), option.name


def test_the_help_of_verify_says_every_exit_code_that_the_readme_has() -> None:
    description = help_of("verify").partition("contract verify  ")[0]
    documented = re.findall(r"(?m)^\| (\d) \| ", (ROOT / "README.md").read_text("utf-8"))
    assert sorted(re.findall(r"\b(\d): ", description)) == documented == ["0", "1", "3", "4", "6"]


def test_the_help_of_replay_says_which_server_is_asked_and_what_is_written() -> None:
    text = " ".join(help_of("replay").split())
    assert "(default: the server that the report is of; environment: CONTRACT_BASE_URL)" in text
    assert "--report-dir DIR write replay.json and replay.har there " in text
    assert "embedded mock" not in text
    assert "report.html" not in text


@pytest.mark.parametrize("given", [[], ["--help"]], ids=["no command", "--help"])
def test_without_a_command_one_example_of_each_is_shown(given: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    code = main(given)
    printed = capsys.readouterr()
    assert code == (0 if given else 4)
    text, other = (printed.out, printed.err) if given else (printed.err, printed.out)
    assert other == ""
    for example, purpose in COMMANDS.values():
        assert re.search(rf"(?m)^  {re.escape(example)} +{re.escape(purpose)}$", text)


@pytest.mark.parametrize("words", ["schema.enum json.depth", "schema.enum, json.depth", "schema.enum,json.depth"])
def test_several_rules_are_explained_each_by_itself(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", *words.split()]) == 0
    each = ["\n".join(explain(code)) for code in ("schema.enum", "json.depth")]
    assert capsys.readouterr().out == "\n\n".join(each) + "\n"


def test_of_several_rules_an_unknown_one_is_refused_before_any_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "schema.enum", "schema.enums"]) == EXIT_ERROR
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("ERROR: schema.enums is no rule; near are schema.enum")


def test_the_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"contract {version('fine-tuning-job-contract')}\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("verfy", "verfy is no command of contract; did you mean verify?"),
        ("frobnicate", "frobnicate is no command of contract; contract --help lists them"),
        ("--verson", "--verson is no option of contract; did you mean --version?"),
        ("verify --baseurl=x", "--baseurl is no option of contract verify; did you mean --base-url?"),
        ("verify --report-dri out", "--report-dri is no option of contract verify; did you mean --report-dir?"),
        ("verify --base", "--base is no option of contract verify; did you mean --base-url?"),
        ("verify --rate 10/s", "--rate is no option of contract verify; did you mean --rate-limit?"),
        ("verify --report out", "--report is no option of contract verify; did you mean --report-dir?"),
        ("repl", "repl is no command of contract; did you mean replay?"),
        ("verify --xyzzy", "--xyzzy is no option of contract verify; contract verify --help lists them"),
        ("check --stattus 200 body.json", "--stattus is no option of contract check; did you mean --status?"),
        ("merge --leger x", "--leger is no option of contract merge; did you mean --ledger?"),
        ("verify again", "'again' is one word too many; see contract verify --help"),
        ("verify -x", "'-x' is no option; see contract verify --help"),
        ("verify -n 2", "-n needs pytest: in a checkout python3 -m tox run -e verify -- -n ..."),
        ("verify -k known", "-k needs pytest: in a checkout python3 -m tox run -e verify -- -k ..."),
        ("check body.json -n2", "'-n2' is no option; see contract check --help"),
        ("verify --timeout soon", "argument --timeout: invalid float value: 'soon'; see contract verify --help"),
        (
            "verify --hypothesis-seed x",
            "argument --hypothesis-seed: invalid int value: 'x'; see contract verify --help",
        ),
        ("merge", "the following arguments are required: FILE; see contract merge --help"),
        ("ledger runs.sqlite --days 0", "--days 0 is no number of days; give 1 to 36500"),
        ("ledger runs.sqlite --days 1000000000000", "--days 1000000000000 is no number of days; give 1 to 36500"),
    ],
)
def test_a_mistake_is_one_line_with_the_nearest_word(words: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words.split()) == 4
    assert capsys.readouterr() == ("", f"ERROR: {said}\n")


@pytest.mark.parametrize("words", [["--api-key=sk-secret"], ["--api-key", "sk-secret"], ["--apikey-file", "sk-secret"]])
def test_the_value_of_an_option_that_there_is_not_is_not_repeated(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", *words]) == 4
    assert "sk-secret" not in capsys.readouterr().err
