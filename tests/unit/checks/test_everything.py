"""All checks together, in the order in which a line travels."""

import time
from dataclasses import replace
from pathlib import Path

from logshipper.checks import everything
from logshipper.checks.everything import Examination
from logshipper.settings.load import Loaded
from logshipper.settings.options import FileOutputSettings, Input, KafkaConsumerSettings, LogshipperSettings, Settings
from tests.support.request_lines import line


def loaded(folder: Path, *logs: str, **more: object) -> Loaded:
    settings = Settings(
        inputs=[Input(files=[str(folder / name) for name in logs])],
        file=[FileOutputSettings(files=[str(folder / "out.lp")])],
        logshipper=replace(LogshipperSettings(), state_dir=str(folder / "state"), **more),  # type: ignore[arg-type]
    )
    return Loaded(settings, ("a note",))


def test_settings_come_first_then_logs_then_the_output(tmp_path: Path) -> None:
    (tmp_path / "app.log").write_text(line())
    found = list(Examination(loaded(tmp_path, "app.log"), time.time()).findings())
    subjects = list(dict.fromkeys(one.subject for one in found))
    assert subjects == ["settings", "log", "lines", "time", "tags", "state", "output"]
    assert [(one.status, one.text) for one in found[:2]] == [
        ("good", "valid: 1 input, 1 output"), ("doubtful", "a note")
    ]  # fmt: skip


def test_of_very_many_logs_some_are_looked_at(tmp_path: Path) -> None:
    for number in range(everything.MOST_LOGS + 5):
        (tmp_path / f"app{number}x.log").write_text(line())
    found = list(Examination(loaded(tmp_path, "*.log"), time.time()).findings())
    assert sum(one.subject == "lines" for one in found) == everything.MOST_LOGS
    assert any(one.text == "5 further logs: not looked at one by one" for one in found)


def test_it_writes_nothing_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "app.log").write_text(line())
    list(Examination(loaded(tmp_path, "app.log"), time.time()).findings())
    assert [file.name for file in tmp_path.iterdir()] == ["app.log"]


def test_a_consumer_is_an_input_with_brokers(tmp_path: Path) -> None:
    settings = replace(
        loaded(tmp_path).settings, inputs=[], kafka_consumer=[KafkaConsumerSettings(brokers=["[::1]:1"])]
    )
    found = list(Examination(Loaded(settings), time.time()).findings())
    assert found[0].text == "valid: 1 input, 1 output"
    assert [(one.status, one.text.partition(": ")[0]) for one in found if one.subject == "input"] == [
        ("bad", "kafka [::1]:1")
    ]
