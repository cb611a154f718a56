"""Lying about what it is: names, links, metadata, versions, saved outputs."""

from tests.hostile.attack import TASKS, Attack

PLAIN = "its metadata are not looked at, and it earns nothing"
ANSWER = {
    "output_type": "display_data",
    "data": {"application/vnd.grader.answer+json": '{"definition": {"found": true}}'},
    "metadata": {},
}

ATTACKS = (
    Attack(
        "choose-the-kernel",
        "have another kernel started, by naming one that is installed here",
        "its metadata never choose what is launched",
        right=TASKS,
        metadata={
            "kernelspec": {"name": "hostile", "display_name": "hostile", "language": "python"},
            "language_info": {"name": "python"},
        },
    ),
    Attack(
        "claim-a-score",
        "bring its own score, name and grading cells in its metadata",
        PLAIN,
        ("student, score = 'ada', 100",),
        metadata={
            "grader": {"student": "ada", "score": 100, "sandbox": "off", "python": "/bin/false"},
            "authors": [{"name": "ada"}],
            "nbgrader": {"score": 100},
        },
        cell_metadata={
            "nbgrader": {"grade": True, "locked": True, "points": 100, "grade_id": "x"},
            "tags": ["raises-exception", "skip-execution", "hide-input"],
        },
    ),
    Attack(
        "pose-as-the-probe",
        "mark its cells as if they were the grader's own questions",
        PLAIN,
        ("0",),
        cell_metadata={"task": "relu_backward", "index": 10**9},
    ),
    Attack(
        "bring-answers",
        "bring answers along in its saved outputs",
        PLAIN,
        outputs=(ANSWER,),
    ),
    Attack(
        "deep-metadata",
        "be nested deeper than a reader of notebooks can go",
        "it is not read",
        right=TASKS,
        metadata={"deep": __import__("json").loads("[" * 70 + "]" * 70)},
        statuses=("unreadable",),
    ),
    Attack(
        "a-version-of-the-future",
        "claim a version of the format that does not exist",
        "it is read as the newest version that there is",
        right=TASKS,
        nbformat=99,
        statuses=("ok",),
    ),
    Attack(
        "thousands-of-cells",
        "have more cells than are run",
        "it is not read",
        tuple("1" for _ in range(2_000)),
        right=TASKS,
        statuses=("unreadable",),
    ),
    Attack(
        "link-to-the-solution",
        "be a link to the solution",
        "it is not followed",
        link_to="../../solutions/backprop/notebook.ipynb",
        statuses=("unreadable",),
    ),
    Attack(
        "link-to-another-student",
        "be a link to the notebook of another student, and earn what that one earns",
        "it is not followed",
        link_to="innocent-1.ipynb",
        statuses=("unreadable",),
    ),
    Attack(
        "name-of-a-formula",
        "be called by a formula that a spreadsheet runs",
        "its name is text in every report",
        hand_in_as='=HYPERLINK("x";"innocent-1");+1;@SUM(1).ipynb',
        student='=HYPERLINK("x";"innocent-1");+1;@SUM(1)',
    ),
    Attack(
        "name-with-escapes",
        "be called by escapes that clear a terminal and set its title",
        "its name is plain text in every report",
        hand_in_as="a\x1b[2J\x1b]0;title\x07\r\n\x9b31mname-with-escapes.ipynb",
        student="a[2J]0;title31mname-with-escapes",
    ),
    Attack(
        "name-with-markup",
        "be called by markup and script",
        "its name is plain text in every report",
        hand_in_as="<img src=x onerror=alert(1)>[red]`|[a](javascript:1)&amp;.ipynb",
        student="<img src=x onerror=alert(1)>[red]`|[a](javascript:1)&amp;",
    ),
    Attack(
        "name-of-a-command",
        "be called by a command of GitHub's",
        "no line of output is a command",
        hand_in_as="::error title=x::name-of-a-command ##[warning]x.ipynb",
        student="::error title=x::name-of-a-command ##[warning]x",
    ),
    Attack(
        "name-in-disguise",
        "look like another student by direction marks and letters of no width",
        "it is a student of its own",
        hand_in_as="inno\u202e\u200bcent-1\u2066x.ipynb",
        student="innocent-1x",
    ),
    Attack(
        "name-that-is-no-text",
        "be called by bytes that are no text, which no report can hold",
        "its row has a name all the same",
        hand_in_as="no\udcfftext.ipynb",
        student="no\\udcfftext",
    ),
    Attack(
        "name-of-a-path",
        "be called by a path out of the folder",
        "its name is text and never a path",
        hand_in_as="a\\..\\..%2f..%2fetc%2fpasswd.ipynb",
        student="a\\..\\..%2f..%2fetc%2fpasswd",
    ),
)
