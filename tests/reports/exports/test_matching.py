"""Students are found by the surest column, and never by a guess."""

import pandas as pd

from grader.reports.exports.matching import known_as, matched

TABLE = {
    1: [["101"], ["amara"], ["Okafor, Amara", "Amara Okafor"]],
    2: [["102"], ["x"], ["Lee, Kim", "Kim Lee"]],
    3: [["103"], ["y"], ["Lee, Kim", "Kim Lee"]],
    4: [["104"], ["101"], ["One Hundred"]],
    5: [["105"], [""], ["Two, Sections", "Sections Two"]],
    6: [["105"], [""], ["Two, Sections", "Sections Two"]],
}


def found(
    *students: str, roster: pd.DataFrame | None = None
) -> tuple[dict[str, object], dict[str, str]]:
    result = matched(known_as(students, roster), TABLE)
    return dict(result.rows), dict(result.unmatched)


def test_the_surest_column_decides() -> None:
    assert found("101") == ({"101": (1,)}, {})
    assert found("AMARA  okafor") == ({"AMARA  okafor": (1,)}, {})


def test_accents_are_compared_by_what_they_look_like() -> None:
    table = {1: [["Zoe\u0308"]]}
    assert matched(known_as(["Zo\u00eb"], None), table).rows == {"Zo\u00eb": (1,)}


def test_a_name_of_two_students_is_nobodys() -> None:
    assert found("Kim Lee", "Ghost") == (
        {},
        {"Kim Lee": "several rows fit: 3, 4", "Ghost": "no row fits"},
    )


def test_rows_of_one_person_are_all_theirs() -> None:
    assert found("Sections Two") == ({"Sections Two": (5, 6)}, {})


def test_two_students_of_one_row_get_none() -> None:
    rows, unmatched = found("101", "Amara Okafor")
    assert rows == {}
    assert unmatched["101"] == "the row of 'Amara Okafor' fits, too"


def test_a_roster_says_by_what_else_a_student_is_known() -> None:
    roster = pd.DataFrame({"student": ["kim lee"], "SIS_Login_ID": ["y"], "group": ["101"]})
    assert found("Kim Lee", roster=roster) == ({"Kim Lee": (3,)}, {})
