"""What is known of an output before it is opened."""

from logshipper.wiring.planned_output import state_name


def test_the_state_folder_is_named_by_what_makes_an_output_another_one() -> None:
    assert state_name("file", ["a"]) == state_name("file", ["a"])
    assert len({state_name(*given) for given in [("file", ["a"]), ("file", ["b"]), ("file", ["a", "b"]),
                                                 ("sqlite", ["a"]), ("file", ["ab"])]}) == 5  # fmt: skip
