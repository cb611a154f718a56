"""Does the call return, without raising and in time?"""

from grader.checks.question import Question, Result, failed, not_judged, passed
from grader.execution import Raised


def ask(question: Question) -> Result:
    """A function that hangs or kills the kernel fails the case it was last seen in, if any."""
    name, answer = question.task.name, question.answer
    if answer.kind == "returned":
        return passed(_mentioned(answer.warnings))
    if answer.kind == "raised" and answer.raised is not None:
        said = raised_in_words(name, answer.raised) + _whose_fault(answer.raised, question.missing)
        return failed(said, seen=answer.raised.name)
    if answer.kind == "timeout":
        return not_judged(question.trouble or f"{name} did not return in time: does a loop end?")
    if answer.kind == "died":
        return not_judged(question.trouble or f"{name} was not finished: the kernel died in it")
    return not_judged(
        question.trouble or f"{name} was cut off here: does it raise KeyboardInterrupt?"
    )


def raised_in_words(name: str, raised: Raised) -> str:
    """An exception as one sentence, with the student's own line."""
    if raised.name == "NotImplementedError":
        return f"{name} is still a stub: it raises NotImplementedError"
    text = f": {' '.join(raised.text.split())}" if raised.text else ""
    where = f" in line {raised.number}, `{raised.line}`" if raised.line else ""
    within = f" (of {raised.function})" if raised.function not in ("", name) and where else ""
    return f"{name} raises {raised.name}{text}{where}{within}"


def _whose_fault(raised: Raised, missing: frozenset[str]) -> str:
    """A hint where the name that is not defined was to be imported from what is not here."""
    names = [name for name in sorted(missing) if f"'{name}'" in raised.text]
    if raised.name != "NameError" or not names:
        return ""
    return f" ({names[0]} was not imported: what it was to come from is not on this machine)"


def _mentioned(warnings: tuple[str, ...]) -> str:
    return f"it warns ({warnings[0]}); a warning costs nothing" if warnings else ""
