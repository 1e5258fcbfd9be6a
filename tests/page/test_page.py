"""The page as a reader has it: in a real browser, from disk, without a network."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.page.conftest import Open
from tests.support.pages import report_of

NAMES = ("conforms", "violates", "inconclusive", "complete", "revolting", "large")
AXE = Path(os.environ["AXE"]) if "AXE" in os.environ else None
SIZES: dict[str, Any] = {
    "desktop": {"viewport": {"width": 1280, "height": 900}},
    "phone": {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True},
}


@pytest.mark.parametrize("name", NAMES)
def test_the_page_shows_the_values_of_the_report(open_page: Open, written: dict[str, Path], name: str) -> None:
    report, page = report_of(written[name]), open_page(name).page
    assert page.locator("h1").inner_text() == report["outcome"]
    assert page.locator(".headline").inner_text() == report["headline"]
    figures = dict(zip(*(page.locator(f".figures {each}").all_inner_texts() for each in ("span", "b")), strict=True))
    coverage = report["coverage"]
    assert figures["promises were seen"] == f"{coverage['seen']:,} of {coverage['promised']:,}"
    assert [figures.get("distinct violation"), figures.get("distinct violations")].count(None) == 1
    assert f"{len(report['violations']):,}" in (figures.get("distinct violation"), figures.get("distinct violations"))
    assert f"{report['requests']['total']:,}" in figures.values()
    rows = page.locator(".answers tbody tr")
    counts = dict(zip(rows.locator("th").all_inner_texts(), rows.locator("td.num").all_inner_texts(), strict=True))
    assert counts == {name: f"{count:,}" for name, count in report["requests"]["answers"].items()}
    violations = page.evaluate(
        "[...document.querySelectorAll('#violations .violation')].map(each =>"
        " ['.rule', '.message', '.spread', '.command', '.ids'].map(part => each.querySelector(part).textContent)"
        ".concat(each.id))"
    )
    for each, (rule, message, spread, curl, ids, anchor) in zip(report["violations"], violations, strict=True):
        assert anchor == f"violation-{each['id']}"
        assert f"{rule} {message}" == each["message"]
        assert f"{each['count']:,}× on {len(each['resources']):,} resource" in spread
        assert curl.strip() == each["curl"]
        assert all(values[0] in ids for values in each["resources"][:20])


@pytest.mark.parametrize("name", ["conforms", "violates", "inconclusive"])
def test_every_count_of_the_coverage_stands_in_the_tree_or_in_a_matrix(
    open_page: Open, written: dict[str, Path], name: str
) -> None:
    features, page = report_of(written[name])["coverage"]["features"], open_page(name).page
    wanted = sorted(each["count"] for each in features)
    shown = page.evaluate(
        "[...document.querySelectorAll('.tree .num:nth-child(2), .matrix .heat')].map(each => each.textContent)"
    )
    assert sorted(0 if each == "never" else int(each.replace(",", "")) for each in shown) == wanted


def text_of(page: Page, selector: str) -> str:
    """The text of the first, seen or not."""
    return page.locator(selector).first.text_content() or ""


def test_waivers_requirements_rechecks_and_the_trend_are_shown(open_page: Open, written: dict[str, Path]) -> None:
    report, page = report_of(written["complete"]), open_page("complete").page
    assert page.locator("#waived .violation").count() == len(report["waived"]) == 2
    assert "until 2026-02-01, pets team: rows from before <2024>" in text_of(page, "#waived .violation")
    assert "schema.minimum" in text_of(page, "#waived .generic")
    first = text_of(page, "#violations .violation")
    again = "3 times: it was there 2 times; the sibling never showed it"
    for words in ("raises JSONDecodeError", again, "expired on 2026-02-01"):
        assert words in first
    required = text_of(page, "#required")
    assert "20 answers came" in required
    assert all(each["place"] in required for each in report["required"][0]["missing"])
    assert "thing-99" in text_of(page, "#run")
    assert "thing-98" in text_of(page, "#run")
    assert page.locator("#trend tbody tr").count() == len(report["trend"]) == 20
    assert "519" in text_of(page, "#trend tbody tr")
    assert page.locator(".trend polyline").first.get_attribute("points")


@pytest.mark.parametrize("name", [*NAMES, "diff"])
def test_the_page_logs_nothing_and_sends_no_request(open_page: Open, written: dict[str, Path], name: str) -> None:
    opened = open_page(name)
    opened.page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    assert opened.complaints == []
    assert opened.page.evaluate("refused") == []
    assert opened.requests == [written[name].as_uri()]


@pytest.mark.parametrize("name", ["complete", "diff"])
def test_the_changes_of_a_document_are_shown_with_their_proof_and_never_run(open_page: Open, name: str) -> None:
    page = open_page(name).page
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    assert page.evaluate("typeof window.__pwned") == "undefined"
    text = page.locator("main").text_content() or ""
    for part in (
        "breaking change.optional",
        "unknown change.pattern",
        "widening change.property-removed",
        "</script><script>window.__pwned=1",
        "Accepted by pets team until 9999-12-31: all clients <know>",
        "the request body of GET /<things>",
    ):
        assert part in text, part
    shown = page.locator("[id^=change-]").first
    assert shown.locator("h4").all_text_contents()[:2] == ["OLD", "NEW"]
    assert shown.locator(".source .hit").count() == 2


def test_the_contents_of_a_response_are_shown_and_never_run(open_page: Open, written: dict[str, Path]) -> None:
    opened = open_page("revolting")
    page = opened.page
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    assert page.evaluate("typeof window.__pwned") == "undefined"
    assert page.locator("main script, main img, main iframe, main style, main b b, [onerror], [onload]").count() == 0
    assert page.locator("script").count() == 2
    text = page.locator("main").inner_text()
    assert not {"\u202e", "\u2066", "\u2028", "\x00", "\x1b", "\ufeff", "\u200b"} & set(text)
    assert "</script><script>window.__pwned=1" in text
    assert "\\u202egnp.exe" in text
    assert "&lt;b&gt;&amp;&#60;" in text
    assert "(80,0" in text
    carried = page.evaluate("JSON.parse(document.getElementById('report').textContent)")
    assert carried == report_of(written["revolting"])


def test_the_policy_lets_no_script_run_that_was_not_written_with_the_page(open_page: Open) -> None:
    page = open_page("violates").page
    page.evaluate(
        """() => {
            const script = document.createElement("script");
            script.textContent = "window.__pwned = 1";
            document.body.append(script);
            const image = document.createElement("img");
            image.src = "http://127.0.0.1:9/x.png";
            document.body.append(image);
            document.body.setAttribute("onclick", "window.__pwned = 1");
            document.body.click();
        }"""
    )
    page.wait_for_function("refused.length >= 3")
    assert page.evaluate("typeof window.__pwned") == "undefined"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", ["conforms", "violates", "inconclusive", "complete", "revolting", "diff"])
def test_axe_finds_nothing(open_page: Open, name: str, size: str, scheme: str) -> None:
    assert AXE, "AXE names the file axe.min.js of the npm package axe-core"
    page = open_page(name, color_scheme=scheme, **SIZES[size]).page
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    assert [
        (each["id"], node["target"], node.get("failureSummary"))
        for each in found["violations"]
        for node in each["nodes"]
    ] == []
    assert len(found["passes"]) > 20


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", [*NAMES, "diff"])
def test_nothing_is_wider_than_the_screen(open_page: Open, name: str, size: str) -> None:
    page = open_page(name, **SIZES[size]).page
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    width = SIZES[size]["viewport"]["width"]
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_filter_narrows_the_list_counts_it_and_can_be_linked_to(open_page: Open) -> None:
    page = open_page("violates").page
    total = page.locator(".violation").count()
    shown = page.locator(".violation:visible")
    page.keyboard.press("/")
    page.keyboard.type("TAGS integer")
    assert shown.locator(".message").all_inner_texts() == ["at /tags/1 of 200: expected string, got integer 7"]
    assert page.locator("#count").inner_text() == f"1 of {total}"
    assert page.evaluate("location.hash") == "#q=TAGS+integer"
    page.keyboard.press("Escape")
    assert shown.count() == total
    page.select_option("#rule", "schema.type")
    page.select_option("#status", "200")
    assert set(shown.locator(".rule").all_inner_texts()) == {"schema.type"}
    narrowed, fragment = shown.count(), page.evaluate("location.hash")
    again = open_page("violates", fragment).page
    assert again.locator(".violation:visible").count() == narrowed < total
    assert again.locator("#rule").input_value() == "schema.type"


def test_a_violation_can_be_linked_to_even_where_a_filter_hides_it(open_page: Open, written: dict[str, Path]) -> None:
    last = report_of(written["violates"])["violations"][-1]["id"]
    page = open_page("violates", f"#violation-{last}").page
    target = page.locator(f"#violation-{last}")
    assert target.locator("> details").get_attribute("open") is not None
    assert target.locator("> details > summary").evaluate("each => each === document.activeElement")
    page.fill("#q", "nothing has this")
    assert not target.is_visible()
    page.evaluate(f"location.hash = 'violation-{last}'")
    target.wait_for(state="visible")
    assert page.locator("#q").input_value() == ""


def test_a_violation_among_many_values_is_reached_by_a_link_by_keys_and_by_the_filter(
    open_page: Open, written: dict[str, Path]
) -> None:
    page = open_page("revolting").page
    group = page.locator("#violations details.alike").first
    assert group.get_attribute("open") is None
    name = group.locator(".violation").first.get_attribute("id")
    opened = open_page("revolting", f"#{name}").page
    assert opened.locator(f"#{name}").is_visible()
    for _ in range(len(report_of(written["revolting"])["violations"])):
        page.keyboard.press("j")
    assert page.locator("#violations details.alike:not([open])").count() == 0
    page.fill("#q", "nothing has this")
    assert page.locator("#violations details.alike:visible").count() == 0


def test_the_keyboard_reaches_everything(open_page: Open) -> None:
    page = open_page("violates").page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    here = "document.activeElement.closest('.violation')?.querySelector('.number').textContent"
    seen = []
    for key in ("j", "j", "j", "k"):
        page.keyboard.press(key)
        seen.append(page.evaluate(here))
    assert seen == ["1", "2", "3", "2"]
    opened = page.locator(".violation details[open]")
    page.keyboard.press("Enter")
    assert opened.locator(".number").all_inner_texts() == ["2"]
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    assert opened.count() == 0
    assert page.evaluate(here) == "2"
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"


def test_everything_that_the_filter_shows_is_opened_and_closed_at_once(open_page: Open) -> None:
    page = open_page("violates").page
    page.select_option("#rule", "schema.type")
    opened = page.locator(".violation details[open] .rule")
    page.click("#expand")
    assert set(opened.all_text_contents()) == {"schema.type"}
    page.get_by_role("button", name="Close all").click()
    assert opened.count() == 0
    page.get_by_role("button", name="Open all").wait_for()


def test_letters_that_are_typed_into_the_filter_are_letters(open_page: Open) -> None:
    page = open_page("violates").page
    page.focus("#q")
    page.keyboard.type("jk/")
    assert page.locator("#q").input_value() == "jk/"


def test_the_command_and_the_violation_can_be_copied(open_page: Open, written: dict[str, Path]) -> None:
    page = open_page("violates", permissions=["clipboard-read", "clipboard-write"]).page
    first = report_of(written["violates"])["violations"][0]
    page.locator(".violation > details > summary").first.click()
    page.locator("[data-copy=curl]").first.click()
    page.wait_for_function("document.getElementById('said').textContent === 'Copied'")
    assert page.evaluate("navigator.clipboard.readText()") == first["curl"]
    page.locator("[data-copy=json]").first.click()
    page.wait_for_function("navigator.clipboard.readText().then(text => text.startsWith('{'))")
    assert page.evaluate("navigator.clipboard.readText().then(JSON.parse)") == first


@pytest.mark.parametrize(("scheme", "other"), [("light", "dark"), ("dark", "light")])
def test_the_theme_follows_the_system_until_it_is_chosen(open_page: Open, scheme: str, other: str) -> None:
    page = open_page("conforms", color_scheme=scheme).page
    paper = "getComputedStyle(document.body).backgroundColor"
    before = page.evaluate(paper)
    page.click("#theme")
    assert page.evaluate(paper) != before
    assert page.locator("html").get_attribute("data-theme") == other
    assert page.locator("#theme").get_attribute("aria-pressed") == str(other == "dark").lower()
    page.reload()
    assert page.evaluate(paper) != before


def test_on_paper_everything_is_open_and_nothing_is_a_button(open_page: Open) -> None:
    page = open_page("violates").page
    page.emulate_media(media="print")
    assert page.locator("button:visible, input:visible, select:visible, nav:visible").count() == 0
    hidden = page.evaluate(
        "[...document.querySelectorAll('main details .command, main details td, main .missing li')]"
        ".filter(each => !each.checkVisibility({contentVisibilityAuto: true})).length"
    )
    assert hidden == 0
    assert page.evaluate("document.querySelectorAll('details:not([open])').length") > 0
    assert page.pdf()[:5] == b"%PDF-"


def test_without_scripts_the_verdict_and_every_violation_can_be_read(open_page: Open, written: dict[str, Path]) -> None:
    page = open_page("violates", java_script_enabled=False).page
    assert page.locator("h1").inner_text() == "VIOLATES"
    assert page.locator(".controls:visible").count() == 0
    summaries = page.locator(".violation > details > summary")
    assert summaries.count() == len(report_of(written["violates"])["violations"])
    summaries.first.click()
    assert page.locator(".violation .command").first.is_visible()


def test_ten_thousand_exchanges_and_five_hundred_violations_stay_under_five_megabytes(
    open_page: Open, written: dict[str, Path]
) -> None:
    assert written["large"].stat().st_size < 5_000_000
    page = open_page("large").page
    assert page.locator(".violation").count() == 500
    points = page.evaluate(
        "[...document.querySelectorAll('.points path')].map(each => each.getAttribute('d').match(/M/g).length)"
    )
    assert sum(points) == 10_000
    page.fill("#q", "field_499")
    assert page.locator("#count").inner_text() == "1 of 500"
    assert page.locator(".violation:visible").count() == 1
