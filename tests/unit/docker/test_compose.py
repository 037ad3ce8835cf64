"""The compose files: what a service may do, and who can reach it."""

import tomllib
from typing import Any

import pytest
import yaml

from logshipper.settings.load import load
from tests.support.processes import ROOT


def services(file: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / file).read_text())["services"]
    return found


KAFKA = services("compose.kafka.yml")
BROKERS = [name for name in KAFKA if "KAFKA_NODE_ID" in KAFKA[name].get("environment", {})]
# What compose.kafka.yml says of a service of docker-compose.yml is a change of it.
SERVICES = {**KAFKA, **services("docker-compose.yml")}


@pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)
def test_a_service_starts_without_privileges_and_cannot_change_its_image(service: dict[str, Any]) -> None:
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["read_only"]
    assert "mem_limit" in service


@pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)
def test_ports_are_published_on_this_machine_alone(service: dict[str, Any]) -> None:
    for port in service.get("ports", ()):
        assert ":-127.0.0.1:" in port


def test_only_services_that_hand_out_secrets_have_capabilities() -> None:
    more = {name: service["cap_add"] for name, service in SERVICES.items() if "cap_add" in service}
    assert more == {name: ["CHOWN", "DAC_OVERRIDE"] for name in ("secrets", "influxdb_setup")}


def test_three_brokers_have_numbers_names_and_volumes_of_their_own() -> None:
    assert len(BROKERS) == 3
    settings = [KAFKA[name]["environment"] for name in BROKERS]
    assert [one["KAFKA_ADVERTISED_LISTENERS"] for one in settings] == [f"PLAINTEXT://{name}:9092" for name in BROKERS]
    voters = ",".join(f"{one['KAFKA_NODE_ID']}@{name}:9093" for name, one in zip(BROKERS, settings, strict=True))
    assert {one["KAFKA_CONTROLLER_QUORUM_VOTERS"] for one in settings} == {voters}
    assert len({str(KAFKA[name]["volumes"]) for name in BROKERS}) == 3


def test_the_consumers_read_from_the_brokers_and_the_topic_that_the_shipper_writes_to() -> None:
    addresses = [f"{name}:9092" for name in BROKERS]
    (output,) = tomllib.loads((ROOT / "docker/logshipper-kafka.toml").read_text())["outputs"]["kafka"]
    (source,) = tomllib.loads((ROOT / "docker/logshipper-consumer.toml").read_text())["inputs"]["kafka_consumer"]
    assert output["brokers"] == source["brokers"] == addresses
    assert [output["topic"]] == source["topics"]
    made = KAFKA["kafka_topics"]["command"]
    assert f"--topic {output['topic']} " in made
    assert f"--bootstrap-server {','.join(addresses)} " in made


@pytest.mark.parametrize("name", ["logshipper-kafka.toml", "logshipper-consumer.toml"])
def test_the_settings_for_kafka_can_be_read(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INFLUXDB_URL", "http://influxdb:8086")
    monkeypatch.setenv("INFLUXDB_TOKEN_FILE", "/run/token")
    assert load(ROOT / "docker" / name)


def test_prometheus_differs_with_kafka_in_the_consumers_alone() -> None:
    plain, kafka = (
        yaml.safe_load((ROOT / "prometheus" / name).read_text()) for name in ("prometheus.yml", "kafka.yml")
    )
    (job,) = [one for one in kafka["scrape_configs"] if one["job_name"] == "logshipper"]
    job["static_configs"][0]["targets"].remove("consumer1:9273")
    job["static_configs"][0]["targets"].remove("consumer2:9273")
    assert kafka == plain
