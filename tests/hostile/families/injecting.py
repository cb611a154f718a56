"""Text that does something where it is read: terminals, browsers, spreadsheets, CI logs."""

from tests.hostile.attack import Attack

TEXT = "it is plain text wherever it is shown"


def raising(name: str, tries: str, text: str, must: str = TEXT) -> Attack:
    """An attack whose errors, warnings, types and messages all say `text`."""
    said = ascii(text)
    return Attack(
        name,
        tries,
        must,
        (
            f"SAID = {said}",
            "import warnings\n"
            "name = SAID.replace('\\0', '').encode('utf-8', 'ignore').decode()\n"
            "Named = type(name, (ValueError,), {})\n"
            "def relu_backward(dA, cache):\n    raise Named(SAID)\n"
            "def sigmoid_backward(dA, cache):\n"
            "    warnings.warn(SAID)\n    return type(name, (), {})()",
            "class sigmoid_backward_:\n    pass",
            "linear_backward = Named(SAID)",
            "print(SAID)",
            "raise Named(SAID)",
        ),
    )


ATTACKS = (
    raising(
        "inject-html",
        "run a script in the page that shows its error",
        "<script>alert(1)</script><img src=x onerror=alert(2)>\"'><svg/onload=alert(3)>",
    ),
    raising(
        "inject-terminal",
        "clear the terminal, set its title, hide text and write over lines",
        "\x1b[2J\x1b]0;owned\x07\x9b2J\x1b[8mhidden\r\x08\x08over\x85\x1bPq",
    ),
    raising(
        "inject-csv",
        "have a spreadsheet run a formula",
        '=cmd|"/c x"!A0;+1,-1\t@SUM(1)\n=1+1',
    ),
    raising(
        "inject-markdown",
        "place links, images and table cells in a summary",
        "[click](javascript:alert(1)) ![x](http://127.0.0.1/x) | x |\n# Heading `",
    ),
    raising(
        "inject-commands",
        "have a CI log carry out commands of GitHub's",
        "x\n::error file=a,line=1::owned\n::add-mask::100\n  ::stop-commands::x\n##[error]owned",
        "no line of output is a command",
    ),
    raising(
        "inject-markup",
        "style the terminal's tables by their own markup",
        "[bold red]owned[/] [link=http://127.0.0.1]x[/link] [/nothing] :skull:",
    ),
    raising(
        "inject-xml",
        "break the XML and JSON that reports are written in",
        ']]></failure>&lt;&#0;\x00\x0b\ufffe\uffff{"a": NaN}',
    ),
    raising(
        "inject-directions",
        "turn the direction of what stands beside it",
        "\u202e100 fo 0\u202c\u2066\u200f\u061c\u2028\u2029",
    ),
    raising(
        "inject-half-characters",
        "say what is no text in any encoding, so that no report can be written",
        "\ud800 \udfff half",
        "every report is written",
    ),
    raising(
        "inject-much",
        "say more than anyone can read",
        "much " * 100_000,
        "it is cut",
    ),
)
