"""Kafka's output out of settings: brokers, login, keys, and what is refused before the start."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from logshipper.errors import UserError
from logshipper.kafka.brokers import Sasl, Tls
from logshipper.outputs.kafka import KafkaOutput
from logshipper.printable import printable
from logshipper.settings.options import Input, KafkaOutputSettings, Settings
from logshipper.wiring.kafka import brokers_of
from logshipper.wiring.outputs import plan_outputs
from tests.support.tls import make_certificate


def output(inputs: list[Input] | None = None, **options: Any) -> KafkaOutput:
    (planned,) = plan_outputs(Settings(inputs=inputs or [Input()], kafka=[KafkaOutputSettings(**options)]))
    assert planned.concurrency().most.writers == 1, "one writer keeps the order of each log"
    made = planned.open()
    assert isinstance(made, KafkaOutput)
    return made


def test_the_key_is_host_and_log_unless_the_settings_say_otherwise() -> None:
    assert output()._keys.tags == ["host", "path"]
    assert output([Input(path_tag="file"), Input(path_tag="")])._keys.tags == ["host", "file"]
    assert output(routing_tag="route")._keys.tags == ["route"]
    assert output(routing_key="all")._keys.fixed == "all"
    assert output(routing_key="random")._keys.of({"host": "a"}) is None


def test_acknowledgements_and_compression_are_telegrafs() -> None:
    made = output(compression_codec=4, max_message_bytes=50_000)._producer._configuration
    assert (made["acks"], made["compression.type"], made["message.max.bytes"]) == ("all", "zstd", 50_000)
    assert made["enable.idempotence"]
    leader = output(required_acks=1)._producer._configuration
    assert (leader["acks"], leader["enable.idempotence"]) == (1, False)


def test_tls_and_login(tmp_path: Path) -> None:
    ca, _ = make_certificate(tmp_path)
    assert brokers_of(KafkaOutputSettings()).tls is None
    assert brokers_of(KafkaOutputSettings(tls_ca=str(ca))).tls == Tls(ca=str(ca))
    assert brokers_of(KafkaOutputSettings(enable_tls=True)).tls == Tls()
    assert brokers_of(KafkaOutputSettings(insecure_skip_verify=True)).tls == Tls(verify=False)
    login = KafkaOutputSettings(sasl_username="u", sasl_password="a password")
    assert brokers_of(login).sasl == Sasl("PLAIN", "u", "a password")
    assert "a password" not in printable("it was a password")


def test_a_key_with_a_password_needs_it_and_no_message_shows_it(tmp_path: Path) -> None:
    certificate, key = make_certificate(tmp_path, "the key's own password")
    file = tmp_path / "password"
    file.write_text("the key's own password\n")
    file.chmod(0o600)
    given = KafkaOutputSettings(tls_cert=str(certificate), tls_key=str(key), tls_key_pwd_file=str(file))
    tls = brokers_of(given).tls
    assert tls == Tls(cert=str(certificate), key=str(key), key_password="the key's own password")
    assert "own password" not in f"{tls}" + printable("it was the key's own password")
    for wrong in ("", "another password", "x" * 2000):
        with pytest.raises(UserError, match="its password is wrong") as caught:
            brokers_of(replace(given, tls_key_pwd_file="", tls_key_pwd=wrong))
        assert "tls_key_pwd" in caught.value.fix
        assert not wrong or wrong not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"brokers": []}, "brokers is empty"),
        ({"brokers": ["kafka://a:9092"]}, "is not HOST:PORT"),
        ({"brokers": ["a"]}, "is not HOST:PORT"),
        ({"topic": "no spaces"}, "no topic can be called 'no spaces'"),
        ({"tls_ca": "/nonexistent/ca.pem"}, "cannot read /nonexistent/ca.pem"),
        ({"tls_ca": "/dev/null"}, "/dev/null holds no certificate"),
        ({"tls_cert": "/dev/null", "tls_key": "/dev/null"}, "no certificate with its key"),
        ({"sasl_mechanism": "PLAIN"}, "no sasl_username"),
        ({"max_message_bytes": 100}, "max_message_bytes is less than 10000"),
    ],
)
def test_what_cannot_work_is_refused_before_the_start(options: dict[str, Any], words: str) -> None:
    with pytest.raises(UserError, match=words) as caught:
        output(**options)
    assert caught.value.fix


def test_each_topic_has_a_state_of_its_own() -> None:
    settings = Settings(kafka=[KafkaOutputSettings(topic=name) for name in ("a", "b", "a")])
    first, second, third = (planned.state_name for planned in plan_outputs(settings))
    assert first == third != second
