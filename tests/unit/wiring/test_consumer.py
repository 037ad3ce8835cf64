"""The consumer out of settings."""

from pathlib import Path
from typing import Any

import pytest

from logshipper.errors import UserError
from logshipper.settings.options import (
    FileOutputSettings,
    Input,
    KafkaConsumerSettings,
    Settings,
    SqliteSettings,
)
from logshipper.wiring.consumer import plan_consumer


def settings(**options: Any) -> Settings:
    return Settings(kafka_consumer=[KafkaConsumerSettings(**options)], file=[FileOutputSettings()])


def test_the_settings_give_topics_group_and_where_it_begins() -> None:
    member, outputs = plan_consumer(settings(topics=["a", "b"], consumer_group="g", offset="newest"))
    assert (member.group.name, member.group.topics, member.group.from_end) == ("g", ["a", "b"], True)
    assert member.group.strategy == "cooperative-sticky"
    assert [one.name for one in outputs] == ["file stdout"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"topics": []}, "topics is empty"),
        ({"topics": ["no spaces"]}, "no topic can be called"),
        ({"consumer_group": ""}, "no consumer_group"),
        ({"session_timeout": 0.5}, "session_timeout is below 1s"),
        ({"brokers": ["a"]}, "is not HOST:PORT"),
    ],
)
def test_what_cannot_work_is_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(UserError, match=words) as caught:
        plan_consumer(settings(**options))
    assert caught.value.fix


def test_a_consumer_reads_nothing_else_and_writes_line_protocol(tmp_path: Path) -> None:
    consumer = [KafkaConsumerSettings()]
    with pytest.raises(UserError, match="a consumer reads nothing else"):
        plan_consumer(Settings(inputs=[Input()], kafka_consumer=consumer))
    rows = [SqliteSettings(path=str(tmp_path / "a.db"))]
    with pytest.raises(UserError, match="takes rows, and a consumer has line protocol"):
        plan_consumer(Settings(kafka_consumer=consumer, sqlite=rows))
