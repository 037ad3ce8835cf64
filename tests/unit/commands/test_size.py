"""`logshipper size`: a table, and the figures behind it."""

from click.testing import CliRunner

from logshipper.commands.size import command


def test_it_prints_what_a_load_takes_and_what_it_assumes() -> None:
    done = CliRunner().invoke(command, ["--lines", "200000", "--hosts", "400", "--days", "3"])
    assert done.exit_code == 0, done.output
    for text in (
        "2.0 cores for logshipper (Telegraf: 10.0)",
        "12.0 MB/s, 36.0 MB/s with 3 copies",
        "9,331 GB for 3 days",
        "10, each with a topic",
        "100,000 lines a second and core from a log into Kafka",
    ):
        assert text in done.output


def test_it_wants_the_number_of_lines() -> None:
    assert CliRunner().invoke(command, []).exit_code == 2
