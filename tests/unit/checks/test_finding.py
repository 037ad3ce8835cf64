"""Findings, and what they come to together."""

from logshipper.checks.finding import bad, doubtful, good, verdict, worst

GOOD, DOUBTFUL, BAD = good("log", "there"), doubtful("log", "quiet", "look"), bad("output", "closed", "open it")


def test_the_worst_decides() -> None:
    assert worst([]) == worst([GOOD]) == "good"
    assert worst([GOOD, DOUBTFUL]) == "doubtful"
    assert worst([BAD, DOUBTFUL, GOOD]) == "bad"


def test_the_verdict_is_one_sentence() -> None:
    assert verdict([GOOD, GOOD]) == "ready: all 2 are good"
    assert verdict([GOOD, DOUBTFUL]) == "ready, with 1 doubtful of 2"
    assert verdict([BAD, DOUBTFUL, GOOD]) == "not ready: 1 bad and 1 doubtful of 3; fix what is bad first"
