"""The real process: a consumer, which `logshipper run` is with `[[inputs.kafka_consumer]]`."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.support.network import fetch, free_port
from tests.support.shipper import Shipper

SETTINGS = """
[agent]
  flush_interval = "25ms"
[logshipper]
  state_dir = "{state}"
  metrics_address = "127.0.0.1:{metrics}"
[[inputs.kafka_consumer]]
{kafka}
  topics = ["{topic}"]
  consumer_group = "{topic}"
  session_timeout = "2s"
{output}
"""


@dataclass
class Consumer(Shipper):
    """A consumer with its settings; its group is called like the topic."""

    brokers: Sequence[str] = ()
    kafka: str = ""  # how to reach them, if their addresses are not enough
    topic: str = "requests"
    port: int = field(default_factory=free_port)

    def write_config(self) -> None:
        """Rewrite the settings file."""
        self.folder.mkdir(parents=True, exist_ok=True)
        brokers = ", ".join(f'"{address}"' for address in self.brokers)
        kafka = self.kafka or f"  brokers = [{brokers}]"
        text = SETTINGS.format(
            state=self.state, metrics=self.port, kafka=kafka, topic=self.topic, output=self.output
        )  # fmt: skip
        self.config.write_text(text)

    def start(self) -> "Consumer":
        """Start the consumer; it has no partition yet."""
        before = self.said("reading ")
        self.launch(lambda: self.said("reading ") > before)
        return self

    def metric(self, name: str) -> float:
        """Return the sum of a metric's samples."""
        status, body = fetch(f"http://127.0.0.1:{self.port}/metrics")
        assert status == 200
        lines = [line for line in body.decode().splitlines() if line.startswith(f"logshipper_{name}{{")]
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines)
