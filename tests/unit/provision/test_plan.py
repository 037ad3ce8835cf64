"""What a set-up wants, and how it says what became of it."""

from logshipper.provision.plan import ACCOUNTS, Plan, SetupStep, changed, period


def test_the_sums_have_a_place_of_their_own() -> None:
    assert Plan("requests").rollups == "requests/year"


def test_only_the_rollups_may_read_and_write() -> None:
    assert {one.name: one.may for one in ACCOUNTS} == {
        "shipper": "may write", "grafana": "may read", "rollup": "may read and write",
    }  # fmt: skip


def test_a_period_in_words() -> None:
    assert [period(days) for days in (30, 0.5, 0)] == ["30 days", "0.5 days", "for ever"]


def test_a_shorter_period_is_said_to_delete_data() -> None:
    assert changed("bucket b: 30 days", 30, 7) == SetupStep("changed", "bucket b: 30 days instead of 7 days")
    for was in (60, 0):
        assert changed("bucket b: 30 days", 30, was).note == "older data will be deleted"
