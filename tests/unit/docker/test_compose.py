"""The compose files: what a service may do, and who can reach it."""

from typing import Any

import pytest
import yaml

from tests.support.processes import ROOT

SERVICES: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]


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
