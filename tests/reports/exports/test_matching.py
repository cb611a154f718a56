"""Students are found by the surest column, and never by a guess."""

from pathlib import Path

from grader.reports.exports.matching import Names, known_as, matched
from grader.roster import Roster, read_roster

TABLE = {
    1: [["canvas:101"], ["amara"], ["Okafor, Amara", "Amara Okafor"]],
    2: [["canvas:102"], ["x"], ["Lee, Kim", "Kim Lee"]],
    3: [["canvas:103"], ["y"], ["Lee, Kim", "Kim Lee"]],
    4: [["canvas:104"], ["101"], ["One Hundred"]],
    5: [["canvas:105"], [""], ["Two, Sections", "Sections Two"]],
    6: [["canvas:105"], [""], ["Two, Sections", "Sections Two"]],
}


def found(
    *students: str, kept: Names | None = None, roster: Roster | None = None
) -> tuple[dict[str, object], dict[str, str]]:
    result = matched(known_as(students, kept or {}, roster), TABLE)
    return dict(result.rows), dict(result.unmatched)


def test_the_surest_column_decides() -> None:
    assert found("101") == ({"101": (1,)}, {})
    assert found("AMARA  okafor") == ({"AMARA  okafor": (1,)}, {})


def test_accents_are_compared_by_what_they_look_like() -> None:
    table = {1: [["Zoe\u0308"]]}
    assert matched(known_as(["Zo\u00eb"], {}, None), table).rows == {"Zo\u00eb": (1,)}


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


def test_a_roster_says_by_what_else_a_student_is_known(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text("student,SIS_Login_ID,group\nkim lee,y,101\n")
    assert found("Kim Lee", roster=read_roster(tmp_path / "r.csv")) == ({"Kim Lee": (3,)}, {})


def test_the_number_known_when_graded_is_surer_than_the_name(tmp_path: Path) -> None:
    kept = {"Lee, Kim (102)": {"canvas:102"}, "Lee, Kim (103)": {"canvas:103"}, "lk": {"moodle:9"}}
    assert found(*kept, kept=kept) == (
        {"Lee, Kim (102)": (2,), "Lee, Kim (103)": (3,)},
        {"lk": "no row fits"},
    )
    (tmp_path / "r.csv").write_text("student,moodle_id,canvas_id\nKim Lee,9,103\n")
    roster = read_roster(tmp_path / "r.csv")
    assert found("lk", kept=kept, roster=roster) == ({"lk": (3,)}, {})


def test_a_number_of_another_kind_finds_nobody(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text("student,sid\nNobody Else,101\n")
    roster = read_roster(tmp_path / "r.csv")
    assert found("Nobody Else", roster=roster) == ({"Nobody Else": (4,)}, {})
