"""The account: every line that was read is written, rejected, not a request, or in flight."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from logshipper.account import Account, total
from logshipper.model import Outcome, RejectedLine

COUNTS = st.integers(0, 10**9)


def test_a_new_account_balances() -> None:
    assert Account().difference == 0
    assert Account().text() == "read 0, written 0, rejected 0, not a request 0, in flight 0"


def test_settled_lines_are_counted_by_outcome() -> None:
    account = Account()
    account.take(10, 900)
    assert (account.in_flight, account.bytes_read, account.difference) == (10, 900, 0)
    rejected = [RejectedLine(1, 0, "no pattern matches"), RejectedLine(1, 9, "bad point: field type conflict")]
    account.settle(Outcome(6, 3, {"start": 1}, rejected))
    assert (account.written, account.not_request, account.in_flight) == (3, Counter(start=1), 4)
    assert account.difference == 0
    # A reason is counted up to its colon: what follows differs from line to line.
    assert account.rejected == Counter({"no pattern matches": 1, "bad point": 1})


def test_lines_given_back_do_not_count_as_read() -> None:
    account = Account()
    account.take(10)
    account.give_back(4)
    assert (account.read, account.in_flight, account.difference) == (6, 6, 0)


def test_reasons_are_listed_in_alphabetical_order() -> None:
    account = Account(read=3, rejected=Counter({"no time": 1, "NUL": 2}))
    assert "rejected 3 (NUL 2, no time 1)" in account.text()


def test_a_difference_is_shown_in_capitals() -> None:
    assert "DIFFERENCE 1" in Account(read=1).text()


@given(st.lists(st.tuples(COUNTS, COUNTS, COUNTS, COUNTS)))
def test_the_sum_of_balanced_accounts_balances(parts: list[tuple[int, int, int, int]]) -> None:
    accounts = [
        Account(sum(part), written, flying, 7, Counter(bad=rejected), Counter(start=noise))
        for part in parts
        for written, flying, rejected, noise in [part]
    ]
    found = total(accounts)
    assert (found.difference, found.bytes_read) == (0, 7 * len(parts))
    assert found.read == sum(map(sum, parts))
