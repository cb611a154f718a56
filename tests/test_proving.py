"""What `validate` proves of an assignment's notebook."""

from dataclasses import replace

from grader.answer_key import AnswerKey
from grader.proving import prove_notebook


def test_a_section_that_the_notebook_does_not_have_is_named(backprop_key: AnswerKey) -> None:
    assert all(proof.holds for proof in prove_notebook(backprop_key))
    course = backprop_key.course
    first, *others = course.assignment.tasks
    tasks = (replace(first, section="The linar step"), *others)
    misspelled = replace(course, assignment=replace(course.assignment, tasks=tasks))
    proofs = list(prove_notebook(replace(backprop_key, course=misspelled)))
    assert [(proof.subject, proof.seen) for proof in proofs if not proof.holds] == [
        (
            "linear_backward: section",
            "backprop.ipynb has no heading 'The linar step': mend `section`, or the heading",
        )
    ]
