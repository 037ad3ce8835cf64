"""All checks, in the order in which a line travels."""

from collections.abc import Iterator
from dataclasses import dataclass

from logshipper.checks.brokers import check_brokers
from logshipper.checks.finding import Finding, bad, doubtful, good
from logshipper.checks.lines import CheckedInput, Sample, check_lines, first_time
from logshipper.checks.logs import check_log, check_names, is_readable, live_logs
from logshipper.checks.outputs import check_outputs
from logshipper.checks.processes import Holder, holders
from logshipper.checks.state import check_state
from logshipper.checks.uwsgi import check_uwsgi
from logshipper.errors import UserError
from logshipper.parse.parser import Parser
from logshipper.parse.tag_limit import MEASUREMENTS, NAMES
from logshipper.settings.load import Loaded
from logshipper.settings.options import OUTPUTS, Input
from logshipper.state.checkpoint import CheckpointStore
from logshipper.wiring.outputs import plan_outputs
from logshipper.wiring.state import state_folder
from logshipper.wiring.uwsgi_input import log_and_options, uwsgi_input
from logshipper.words import counted

# Logs that are looked at one by one; of a thousand, the others are like them.
MOST_LOGS = 20
# What is said of a limit that a log has reached, and the fix.
_FEWER = "set routes_file for the tag route, or raise max_tag_values"
_FULL = {
    MEASUREMENTS: (
        "its lines have named max_measurements measurements: lines with others are rejected",
        "raise max_measurements, or do not take the measurement's name from the lines",
    ),
    NAMES: (
        "its JSON lines have brought max_names names of tags and fields: lines with others are rejected",
        "raise max_names",
    ),
}


@dataclass(frozen=True, slots=True)
class Examination:
    """What to look at: the settings, uWSGI's configuration (or ""), Grafana's address (or "")."""

    loaded: Loaded
    now: float
    ini: str = ""
    grafana: str = ""

    def findings(self) -> Iterator[Finding]:
        """Yield them as they are found."""
        settings = self.loaded.settings
        outputs = sum(len(getattr(settings, name)) for name in OUTPUTS)
        inputs = len(settings.inputs) + len(settings.kafka_consumer)
        made_of = f"{counted(inputs, 'input')}, {counted(outputs, 'output')}"
        yield good("settings", f"valid: {made_of}")
        for note in self.loaded.notes:
            yield doubtful("settings", note, "remove it")
        by_ini = None
        if self.ini:
            try:
                log, options = log_and_options(self.ini)
                by_ini = uwsgi_input(log, log.files)
                yield from check_uwsgi(self.ini, options, log, settings)
            except UserError as error:
                yield bad("uwsgi", f"{error.where}: {error.what}", error.fix)
        readings = [CheckedInput.of(settings, one) for one in settings.inputs]
        logs = [(one, name) for one in readings for name in live_logs(one.input.files)]
        held = holders([name for _, name in logs])
        for given in settings.inputs:
            yield from check_names(given.files)
        for one, name in logs[:MOST_LOGS]:
            yield from self._log(one, name, held, by_ini)
        if len(logs) > MOST_LOGS:
            yield good("log", f"{counted(len(logs) - MOST_LOGS, 'further log')}: not looked at one by one")
        for consumer in settings.kafka_consumer:
            yield from check_brokers(consumer.brokers, "input")
        yield from check_state(settings)
        yield from check_outputs(settings, self._oldest(logs), self.now)
        if self.grafana:
            from logshipper.checks.grafana import check_grafana

            databases = [one.database for one in settings.influxdb] + [one.bucket for one in settings.influxdb_v2]
            yield from check_grafana(self.grafana, databases)

    def _log(self, one: CheckedInput, name: str, held: list[Holder], by_ini: Input | None) -> Iterator[Finding]:
        yield from check_log(name, held, self.now)
        if is_readable(name):
            yield from check_lines(one, Sample.of(name), by_ini, self.now)
            yield from self._full_tags(one.parser, name)

    def _full_tags(self, parser: Parser, name: str) -> Iterator[Finding]:
        """Yield the tags that the shipper has limited already, as its checkpoints say."""
        settings = self.loaded.settings
        measurement = parser.rules.prefix.measurement
        for output in plan_outputs(settings):
            saved = CheckpointStore(state_folder(settings) / output.state_name / measurement).load(name)
            for kind, values in saved.admitted.items() if saved else ():
                if len(values) >= parser.rules.limits.of(kind):
                    of_a_tag = f"the tag {kind} has reached max_tag_values: others are (other)", _FEWER
                    text, fix = _FULL.get(kind, of_a_tag)
                    yield doubtful("tags", f"{name} -> {output.name}: {text}", fix)

    def _oldest(self, logs: list[tuple[CheckedInput, str]]) -> float | None:
        """Return the time of the oldest request that will be read, in seconds since 1970."""
        read = [(one, name) for one, name in logs[:MOST_LOGS] if one.input.from_beginning and is_readable(name)]
        times = [first_time(one.parser, name) for one, name in read]
        return min((time for time in times if time is not None), default=None)
