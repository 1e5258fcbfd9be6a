"""Every rule is explained, and its examples are what they claim: one keeps the rule, the other breaks it alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from contracts.http.exchange import Exchange, Failure, Response
from contracts.openapi import ConfigurationError, Document, Operation
from contracts.rules import DOCUMENT_RULES, NOTES, RULES, explain, explanation_markdown, explanations
from contracts.rules.explanations import Explanation
from contracts.run.observer import Observer
from tests.support.auditing import audited
from tests.support.auditing import rules_of as found_in
from tests.support.contents import answering
from tests.support.contents import read as contents_read
from tests.support.talking import once, peer, session_to
from tests.support.tiny import JSON, answer, document_at, exchange_of

FORMS = {form: [code for code, about in explanations().items() if about.form == form] for form in
         sorted({about.form for about in explanations().values()})}  # fmt: skip
READ = re.compile(
    r"(?P<method>[A-Z]+) /things/(?P<thing>[^,]+?)"
    r"(?P<known>, known to exist|, known not to exist)?(?:, at the same time as /things/(?P<other>\S+))?"
    r" -> (?:(?P<first>503|nothing), then )?(?P<status>\d+)(?: Allow: (?P<allow>.+)| (?P<body>.+))?"
)


def document_of(about: Explanation) -> Document:
    """The document that an explanation speaks of; `200` answers with a value of the schema."""
    said = {"responses": {}, **(about.operation or {})}
    promised = {"content": {JSON: {"schema": True if about.schema is None else about.schema}}}
    responses = said["responses"] if "200" in said["responses"] else {"200": promised, "204": {}, **said["responses"]}
    parameters = [{"name": "thing", "in": "path", "required": True, "schema": {"type": "string"}}]
    operation = {
        **said,
        "parameters": parameters,
        "responses": {status: {"description": "", **spec} for status, spec in responses.items()},
    }
    return document_at(
        {
            "openapi": "3.1.0",
            "info": {"title": "Tiny", "version": "1"},
            "paths": {"/things/{thing}": {"get": operation}},
            "components": {"schemas": about.components or {}},
        }
    )


def exchanges_of(about: Explanation, example: Any, document: Document) -> Iterator[Exchange]:
    """What an example shows, in turn."""
    (operation,) = document.operations
    if about.form == "message":
        yield heard(example, document)
    elif about.form == "reads":
        yield from (read(operation, line) for line in example.split("\n"))
    else:
        raw = {"body": str.encode, "bytes": bytes.fromhex}
        yield exchange_of(operation, answer(200, raw[about.form](example) if about.form in raw else example), "7")


def heard(message: str, document: Document) -> Exchange:
    """The exchange in which a server sends the message over its connection, and closes it."""
    data = (message if "\n\n" in message else message + "\n\n").replace("\n", "\r\n").encode()
    with peer(once(data)) as server, session_to(server.url, document) as observed:
        observed.session.ask(document.operations[0], {"thing": "7"})
    return observed.exchanges[-1]


def read(operation: Operation, line: str) -> Exchange:
    found = READ.fullmatch(line)
    assert found, line
    fields = [("Allow", found["allow"])] if found["allow"] else []
    body = (found["body"] or "").encode()
    outcome = answer(int(found["status"]), body, *fields, media_type=JSON if body else None)
    exists = {None: None, ", known to exist": True}.get(found["known"], False)
    exchange = exchange_of(operation, outcome, found["thing"], exists=exists)
    together = ((found["other"],),) if found["other"] else ()
    earlier: dict[str | None, tuple[Response | Failure, ...]] = {
        None: (),
        "503": (answer(503),),
        "nothing": (Failure("reset", "Connection reset by peer"),),
    }
    request = replace(exchange.request, method=found["method"], together=together)
    return replace(exchange, request=request, previous_attempts=earlier[found["first"]])


def rules_of(about: Explanation, example: Any) -> set[str]:
    observer = Observer()
    exchanges = exchanges_of(about, example, document_of(about))
    return {violation.rule for exchange in exchanges for violation in observer(exchange)}


def test_every_rule_is_explained() -> None:
    assert explanations().keys() == RULES.keys() | DOCUMENT_RULES.keys()


@pytest.mark.parametrize("code", RULES)
def test_an_explanation_names_the_meaning_the_source_both_examples_and_what_to_do(code: str) -> None:
    lines = list(explain(code))
    assert lines[0] == f"{code}: {RULES[code].meaning}"
    assert f"source      {RULES[code].source}" in lines
    labels = [line[:12].strip() for line in lines[1:] if line[:12].strip()]
    assert labels[-4:] == ["keeps it", "breaks it", "what to do", "waive it"]
    assert ("published" in labels) == bool(RULES[code].url)
    assert all(len(line) <= 160 for line in lines)


@pytest.mark.parametrize(
    "code", [code for form, codes in FORMS.items() if form not in ("words", "document") for code in codes]
)
def test_an_example_keeps_the_rule_and_the_other_breaks_it_alone(code: str) -> None:
    about = explanations()[code]
    assert rules_of(about, about.keeps) == set()
    assert rules_of(about, about.breaks) == {code}


def test_only_what_no_text_shows_is_explained_in_words_alone() -> None:
    rules = "failed oversized refused reset timeout tls unresolved"
    assert FORMS["words"] == ["json.depth", *(f"transport.{kind}" for kind in rules.split())]


@pytest.mark.parametrize("code", DOCUMENT_RULES)
def test_an_explanation_of_a_rule_about_documents_says_how_it_counts_in_place_of_how_to_waive_it(code: str) -> None:
    lines = list(explain(code))
    assert lines[0] == f"{code}: {DOCUMENT_RULES[code].meaning}"
    labels = [line[:12].strip() for line in lines[1:] if line[:12].strip() != "published"]
    assert labels == ["source", "keeps it", "breaks it", "what to do", "counts"]
    assert ("note" in lines[-1]) == (code in NOTES)
    assert all(len(line) <= 160 for line in lines)


@pytest.mark.parametrize("code", [code for code in DOCUMENT_RULES if isinstance(explanations()[code].breaks, dict)])
def test_the_examples_of_a_rule_about_documents_keep_and_break_it(code: str) -> None:
    about = explanations()[code]
    assert code in found_in(audited(contents_read(answering(about.breaks))))
    assert not isinstance(about.keeps, dict) or code not in found_in(audited(contents_read(answering(about.keeps))))


@pytest.mark.parametrize("code", RULES | DOCUMENT_RULES)
def test_markdown_says_what_the_terminal_does(code: str) -> None:
    text = "\n".join(explanation_markdown(code))
    meaning = (RULES | DOCUMENT_RULES)[code].meaning
    assert text.startswith(f"{meaning[:1].upper()}{meaning[1:]}.\n")
    for line in list(explain(code))[1:]:
        assert line[12:].strip() in text, line
    assert text.count("```") % 2 == 0


@pytest.mark.parametrize("word", ["schema", "schema.", "schema.*"])
def test_a_group_is_listed_with_the_meaning_of_each_rule(word: str) -> None:
    title, *rules, empty, hint = explain(word)
    assert title.startswith("schema: ")
    codes = [code for code in RULES if code.startswith("schema.")]
    assert [line.split(None, 1) for line in rules] == [[code, RULES[code].meaning] for code in codes]
    assert (empty, hint) == ("", "`contract explain schema.type` explains one of them.")


def test_without_a_word_every_rule_is_listed() -> None:
    listed = [line.split()[0] for line in explain() if line.startswith("  ")]
    assert listed == [*RULES, *DOCUMENT_RULES]


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("schema.enums", "near are schema.enum"),
        ("shema", "near are schema"),
        ("overlay.equal", "near are overlay.equals"),
        ("SCHEMA.ENUM", "near are schema.enum"),
        ("qqqq", "contract explain lists all"),
    ],
)
def test_the_nearest_rules_are_offered_for_what_is_none(word: str, hint: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"^{re.escape(word)} is no rule; {hint}"):
        list(explain(word))
