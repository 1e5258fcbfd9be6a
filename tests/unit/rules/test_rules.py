"""The rules are listed in the documentation as the command lists them, and lead to where their sources stand."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from contracts.commands.rules import anchor, page
from contracts.rules import RULES, Rule

ROOT = Path(__file__).parents[3]


def test_the_documentation_lists_and_explains_every_rule() -> None:
    text = (ROOT / "docs" / "rules.md").read_text("utf-8")
    assert text.endswith("\n".join(page()) + "\n")


def test_every_code_of_the_table_leads_to_its_explanation() -> None:
    text = "\n".join(page())
    for code in RULES:
        assert f"[`{code}`](#{anchor(code)})" in text
        assert text.count(f'<a id="{anchor(code)}"></a>\n\n## {code}\n') == 1


def test_every_rule_has_a_meaning_and_a_source_in_one_line() -> None:
    for code, rule in RULES.items():
        assert rule.code == code
        assert rule.meaning
        assert rule.source
        assert "\n" not in rule.meaning + rule.source


@pytest.mark.parametrize(
    ("source", "url"),
    [
        ("RFC 8259, section 8.1", "https://www.rfc-editor.org/rfc/rfc8259#section-8.1"),
        ("RFC 9112, sections 4 and 5", "https://www.rfc-editor.org/rfc/rfc9112#section-4"),
        ("RFC 9112, section 6; RFC 9110, section 5.3", "https://www.rfc-editor.org/rfc/rfc9112#section-6"),
        ("RFC 9112", "https://www.rfc-editor.org/rfc/rfc9112"),
        ("OpenAPI 3.1.0, Responses Object", "https://spec.openapis.org/oas/v3.1.0.html#responses-object"),
        (
            "JSON Schema 2020-12 Core, section 10.2.1.3",
            "https://json-schema.org/draft/2020-12/json-schema-core#section-10.2.1.3",
        ),
        (
            "JSON Schema 2020-12 Validation, section 7",
            "https://json-schema.org/draft/2020-12/json-schema-validation#section-7",
        ),
        ("option --retries", ""),
        ("overlay, x-final", ""),
    ],
)
def test_a_source_leads_to_the_section_where_it_is_published(source: str, url: str) -> None:
    assert Rule("a.b", "", source).url == url


def test_only_options_and_overlays_are_published_nowhere() -> None:
    unpublished = {rule.source.partition(" ")[0] for rule in RULES.values() if not rule.url}
    assert unpublished == {"option", "overlay,"}


@pytest.mark.parametrize(
    "words",
    [["contracts", "rules"], ["contracts", "verify", "--help"], ["contracts", "mock", "--faults"]],
    ids=" ".join,
)
def test_a_list_whose_reader_has_had_enough_ends_in_silence(words: list[str]) -> None:
    command = [sys.executable, "-m", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT) as lister:
        assert lister.stdout is not None
        assert lister.stderr is not None
        lister.stdout.close()
        assert (lister.stderr.read(), lister.wait(30)) == (b"", 0)
