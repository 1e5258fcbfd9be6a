"""Debian's Chromium, driven by Playwright: its own download of a browser is not needed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.support import pages

SWITCHES = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not found:
        pytest.fail("no Chromium was found; apt-get install chromium, or name one in CHROMIUM", pytrace=False)
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=found, args=SWITCHES)


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A page of every kind, by name."""
    folder = tmp_path_factory.mktemp("pages")
    before = pages.verdict_of([*pages.GOOD, {"name": 5}, {"name": "a", "pet": {"kind": "DOG", "toys": 1}}])
    bad, revolting = pages.verdict_of(pages.BAD), pages.verdict_of(pages.REVOLTING)
    complete, trend = pages.complete()
    changes = pages.changes(folder / "documents")
    return {
        "conforms": pages.write(folder, "conforms", pages.verdict_of(pages.GOOD), outcomes=pages.GOOD),
        "violates": pages.write(folder, "violates", bad, before, outcomes=pages.BAD),
        "inconclusive": pages.write(folder, "inconclusive", pages.verdict_of([], incident="stopped early: gone")),
        "complete": pages.write(folder, "complete", complete, before, pages.BAD, trend, changes),
        "diff": pages.write_changes(folder, changes),
        "revolting": pages.write(folder, "revolting", revolting, before, outcomes=pages.REVOLTING),
        "large": pages.large(folder),
    }


@dataclass
class Opened:
    """A page in the browser, and everything that it should not have done."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


Open = Callable[..., Opened]


@pytest.fixture
def open_page(browser: Browser, written: dict[str, Path]) -> Iterator[Open]:
    """Opens a page from disk, in a profile of its own."""
    contexts = []

    def open_page(name: str, fragment: str = "", **options: object) -> Opened:
        context = browser.new_context(offline=True, **options)  # type: ignore[arg-type]
        contexts.append(context)
        opened = Opened(context.new_page())
        opened.page.on("console", lambda message: opened.complaints.append(message.text))
        opened.page.on("pageerror", lambda error: opened.complaints.append(str(error)))
        opened.page.on("dialog", lambda dialog: opened.complaints.append(dialog.message))
        opened.page.on("request", lambda request: opened.requests.append(request.url))
        opened.page.add_init_script(
            "window.refused = []; addEventListener('securitypolicyviolation', e => refused.push(e.violatedDirective))"
        )
        opened.page.goto(written[name].as_uri() + fragment)
        return opened

    yield open_page
    for context in contexts:
        context.close()
