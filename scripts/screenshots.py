"""Takes the pictures of docs/ from the pages of the sample class: `screenshots.py REPORTS`.

Needs a Chromium on the path, and the sample class graded into the folder REPORTS.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from grader.reports.pages.skeleton import file_name  # noqa: E402
from tests.browser import browser, visit  # noqa: E402

STUDENT = f"students/{file_name('Zoë Müller')}"
# Name: page, colour scheme, width and height.
PICTURES = {
    "feedback": (STUDENT, "light", 820, 1330),
    "feedback-phone": (f"{STUDENT}#linear_backward", "dark", 360, 1000),
    "class-page": ("index.html", "light", 1100, 1000),
}

if __name__ == "__main__":
    reports = Path(sys.argv[1])
    with browser() as started:
        for name, (page, scheme, width, height) in PICTURES.items():
            size = {"width": width, "height": height}
            with visit(started, color_scheme=scheme, viewport=size) as seen:
                file, _, place = page.partition("#")
                shown = seen.open(reports.resolve() / file)
                if place:
                    shown.locator(f"#{place}").evaluate("each => each.scrollIntoView()")
                shown.screenshot(path=ROOT / "docs" / f"{name}.png")
                if seen.troubles:
                    sys.exit(f"{page}: {seen.troubles}")
