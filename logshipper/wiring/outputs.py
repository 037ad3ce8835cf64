"""Make outputs out of settings; only this module imports all of them."""

import contextlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from logshipper.deliver.concurrency import BATCH, Concurrency
from logshipper.errors import Location, UserError, raise_all
from logshipper.outputs.file import FileOutput
from logshipper.outputs.protocol import Acknowledged, Output
from logshipper.points import AnyPoints, chosen_of
from logshipper.selection import Renaming, Selection, as_bytes, chosen
from logshipper.settings.options import (
    FileOutputSettings,
    InfluxDB1,
    InfluxDB2,
    KafkaOutputSettings,
    Located,
    SelectionSettings,
    Settings,
    SqliteSettings,
)
from logshipper.wiring.folders import folder_problem
from logshipper.wiring.planned_output import PlannedOutput, state_name
from logshipper.wiring.selection import selection_of

_PERIODS = {"h": 3_600.0, "d": 86_400.0, "w": 7 * 86_400.0, "y": 366 * 86_400.0}


def plan_outputs(settings: Settings) -> list[PlannedOutput]:
    """Return the outputs of the settings. Raises UserError."""
    batch, writers = settings.agent.metric_batch_size, settings.logshipper.writers
    if batch < 1:
        raise UserError(f"metric_batch_size = {batch} is less than 1", fix=f"metric_batch_size = {BATCH}")
    if writers < 0:
        fix = "set writers = 0 to let the shipper choose"
        raise UserError(f"writers = {writers} is negative", where=settings.logshipper.at("writers"), fix=fix)
    many, alone = partial(Concurrency, batch, writers), partial(Concurrency, batch, 1, fixed=True)
    path_tags = sorted({one.path_tag for one in settings.inputs} - {""})
    planned: list[PlannedOutput] = []
    errors: list[UserError] = []
    kinds: list[tuple[Sequence[SelectionSettings], Callable[[Any], PlannedOutput]]] = [
        (settings.influxdb, lambda options: _influx1(options, many)),
        (settings.influxdb_v2, lambda options: _influx2(options, many)),
        (settings.file, lambda options: _file(options, alone)),
        (settings.sqlite, lambda options: _sqlite(options, alone)),
        (settings.kafka, lambda options: _kafka(options, path_tags, alone)),
    ]
    for each, plan in kinds:
        for options in each:
            try:
                planned.append(_choosing(options, plan(options)))
            except UserError as error:
                errors.append(error)
    raise_all(errors)
    return planned


@dataclass(frozen=True, slots=True)
class _ChoosingOutput:
    """An output that takes only some of the points, or renames them."""

    output: Output[Any]
    selection: Selection | None
    renaming: Renaming

    @property
    def connections(self) -> int:
        """Return how many connections the output has made so far."""
        return self.output.connections

    def write(self, points: AnyPoints) -> Acknowledged:
        """Write the points that the output takes."""
        taken = chosen(points, self.selection, self.renaming)
        if not taken:
            return Acknowledged()
        indexes, answer = list(taken), self.output.write(chosen_of(points, taken.values()))
        return Acknowledged({indexes[index]: reason for index, reason in answer.rejected.items()})

    def sync(self) -> None:
        """Make all that was written durable."""
        self.output.sync()

    def close(self) -> None:
        """Let go of connections and files."""
        self.output.close()


def _choosing(options: SelectionSettings, planned: PlannedOutput) -> PlannedOutput:
    selection = selection_of(options)
    renaming = Renaming(*map(as_bytes, (options.name_override, options.name_prefix, options.name_suffix)))
    if selection is None and not renaming:
        return planned
    return replace(planned, open=lambda: _ChoosingOutput(planned.open(), selection, renaming))


def _influx1(options: InfluxDB1, concurrency: Callable[[], Concurrency]) -> PlannedOutput:
    from logshipper.wiring import influxdb  # loads the HTTP client: 3 MiB

    return influxdb.version_1(options, concurrency)


def _influx2(options: InfluxDB2, concurrency: Callable[[], Concurrency]) -> PlannedOutput:
    from logshipper.wiring import influxdb

    return influxdb.version_2(options, concurrency)


def _file(options: FileOutputSettings, concurrency: Callable[[], Concurrency]) -> PlannedOutput:
    for name in options.files:
        if name != "stdout":
            _need_folder(Path(name), options.at("files"))
    name = f"file {', '.join(options.files)}"
    state, to_stdout = state_name("file", options.files), "stdout" in options.files
    return PlannedOutput(name, state, lambda: FileOutput(options.files), concurrency, single_writer=to_stdout)


def _sqlite(options: SqliteSettings, concurrency: Callable[[], Concurrency]) -> PlannedOutput:
    from logshipper.outputs.sqlite import SqliteOutput, is_new  # loads a megabyte
    from logshipper.outputs.sqlite_pruning import Keep

    path = Path(options.path).absolute()
    _need_folder(path, options.at("path"))
    keep = Keep(_period(options, "keep"), _period(options, "keep_rollups"))
    if keep.rows and keep.rollups and keep.rollups < keep.rows:
        raise UserError(
            "keep_rollups is shorter than keep",
            where=options.at("keep_rollups"),
            fix=f'keep_rollups = "{options.keep}"',
        )
    return PlannedOutput(
        f"sqlite {options.path}",
        state_name("sqlite", [str(path)]),
        lambda: SqliteOutput(path, keep),
        concurrency,
        lambda: is_new(path),
        single_writer=True,
        takes_rows=True,
    )


def _kafka(
    options: KafkaOutputSettings, path_tags: Sequence[str], concurrency: Callable[[], Concurrency]
) -> PlannedOutput:
    with needs_kafka(options):
        from logshipper.wiring import kafka  # loads Kafka's client: 5 MiB
    return kafka.output(options, path_tags, concurrency)


@contextlib.contextmanager
def needs_kafka(options: Located) -> Iterator[None]:
    """Raise UserError if Kafka's client, which is an extra, is missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        fix = "pip install 'flaskfana[kafka]'"
        raise UserError(f"Kafka's client is not installed ({error.name})", where=options.at(""), fix=fix) from error


def _period(options: SqliteSettings, name: str) -> float | None:
    """Return a setting such as "30d" in seconds, None if it is empty."""
    text = getattr(options, name)
    found = re.fullmatch(r"([1-9][0-9]{0,5})([hdwy])", text)
    if text and not found:
        raise UserError(f"{name} = {text!r} is not a period", where=options.at(name), fix='write it as "30d" or "1y"')
    return int(found[1]) * _PERIODS[found[2]] if found else None


def _need_folder(file: Path, where: Location) -> None:
    what, fix = folder_problem(file.absolute().parent)
    if what:
        raise UserError(what, where=where, fix=fix)
