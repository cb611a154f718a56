"""A real Chromium for tests of pages and for the pictures in docs/: it may open files, no more."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, Route, sync_playwright

PROGRAMS = ("chromium", "chromium-browser")
ARGUMENTS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run",
)  # fmt: skip


def chromium() -> str | None:
    """Where a Chromium of the system's is, None where there is none."""
    return next((path for path in map(shutil.which, PROGRAMS) if path), None)


@contextmanager
def browser() -> Iterator[Browser]:
    """The system's Chromium, without a window."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium(), args=list(ARGUMENTS))
        try:
            yield started
        finally:
            started.close()


@dataclass
class Visit:
    """One page in a context of its own, and what it did that it should not have.

    troubles: messages on the console, errors, dialogs, and requests for anything but itself.
    """

    page: Page
    troubles: list[str] = field(default_factory=list)

    def open(self, file: Path) -> Page:
        """Opens a file; what it asks for besides is noted, and refused."""
        self.page.goto(file.as_uri())
        return self.page


@contextmanager
def visit(browser: Browser, **context: Any) -> Iterator[Visit]:
    """A fresh context, with options as Playwright names them (`color_scheme`, `viewport`, …)."""
    opened: BrowserContext = browser.new_context(**context)
    page = opened.new_page()
    seen = Visit(page)

    def only_pages(route: Route) -> None:
        if route.request.is_navigation_request() and route.request.url.startswith("file:"):
            route.continue_()
        else:
            seen.troubles.append(f"asks for {route.request.url}")
            route.abort()

    opened.route("**/*", only_pages)
    page.on("console", lambda message: seen.troubles.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: seen.troubles.append(f"error: {error}"))
    page.on("dialog", lambda dialog: (seen.troubles.append("a dialog"), dialog.dismiss())[0])
    try:
        yield seen
    finally:
        opened.close()
