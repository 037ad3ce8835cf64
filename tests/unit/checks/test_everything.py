"""All checks together, in the order in which a line travels."""

import time
from dataclasses import replace
from pathlib import Path

from logshipper.checks import everything
from logshipper.checks.everything import Examination
from logshipper.model import SavedPositions
from logshipper.parse.tag_limit import MEASUREMENTS, NAMES
from logshipper.settings.load import Loaded
from logshipper.settings.options import FileOutputSettings, Input, KafkaConsumerSettings, LogshipperSettings, Settings
from logshipper.state.checkpoint import Checkpoint, CheckpointStore
from logshipper.wiring.outputs import plan_outputs
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


def test_a_log_that_has_reached_a_limit_is_named_with_the_fix(tmp_path: Path) -> None:
    given = loaded(tmp_path, "app.log")
    (tmp_path / "app.log").write_text(line())
    for output in plan_outputs(given.settings):
        for known in ("uwsgi_log", "logparser"):
            store = CheckpointStore(tmp_path / "state" / output.state_name / known)
            admitted = {MEASUREMENTS: range(100), NAMES: range(1999), "uri": range(10_000)}
            store.save(Checkpoint(str(tmp_path / "app.log"), SavedPositions(), admitted))
    found = Examination(given, time.time()).findings()
    said = [(one.text.partition(": ")[2], one.fix) for one in found if one.subject == "tags" and "->" in one.text]
    assert said == [
        ("its lines have named max_measurements measurements: lines with others are rejected",
         "raise max_measurements, or do not take the measurement's name from the lines"),
        ("the tag uri has reached max_tag_values: others are (other)",
         "set routes_file for the tag route, or raise max_tag_values"),
    ]  # fmt: skip


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
