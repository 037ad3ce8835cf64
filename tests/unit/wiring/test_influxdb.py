"""InfluxDB outputs out of settings: addresses, credentials and headers."""

import base64
from pathlib import Path
from typing import Any

import pytest

from logshipper.errors import UserError
from logshipper.outputs.influxdb import InfluxOutput
from logshipper.printable import printable
from logshipper.settings.options import InfluxDB1, InfluxDB2, Settings
from logshipper.wiring.outputs import plan_outputs
from logshipper.wiring.planned_output import PlannedOutput


def planned(**sections: Any) -> PlannedOutput:
    (found,) = plan_outputs(Settings(**sections))
    return found


def influx(options: InfluxDB1 | InfluxDB2) -> InfluxOutput:
    name = "influxdb" if isinstance(options, InfluxDB1) else "influxdb_v2"
    output = planned(**{name: [options]}).open()
    assert isinstance(output, InfluxOutput)
    return output


def test_influxdb_1_settings_give_path_parameters_and_basic_authorization() -> None:
    settings = influx(
        InfluxDB1(urls=["http://db:8086"], database="logs", retention_policy="year", username="u", password="p")
    ).settings
    assert (settings.write_path, settings.database) == ("/write", "logs")
    assert settings.parameters == {"db": "logs", "precision": "ns", "rp": "year"}
    assert settings.headers["Authorization"].startswith("Basic ")


def test_influxdb_2_settings_give_path_parameters_and_token() -> None:
    settings = influx(InfluxDB2(urls=["https://db"], organization="o", bucket="b", token="t")).settings
    assert (settings.write_path, settings.database) == ("/api/v2/write", "")
    assert settings.parameters == {"org": "o", "bucket": "b", "precision": "ns"}
    assert settings.headers == {"Authorization": "Token t"}


def test_a_secret_can_come_from_a_file_that_others_cannot_read(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("s3cret\n")
    file.chmod(0o640)
    assert influx(InfluxDB2(bucket="b", token_file=str(file))).settings.headers == {"Authorization": "Token s3cret"}
    file.chmod(0o644)
    with pytest.raises(UserError, match="chmod o="):
        planned(influxdb_v2=[InfluxDB2(bucket="b", token_file=str(file))])


def test_credentials_are_removed_from_messages() -> None:
    influx(InfluxDB1(username="ann", password="pa55word", http_headers={"X-Api-Key": "k3y-k3y", "X-Org": "shop"}))
    influx(InfluxDB2(bucket="b", token="t0ken-t0ken"))
    basic = base64.b64encode(b"ann:pa55word").decode()
    assert printable(f"pa55word t0ken-t0ken {basic} k3y-k3y") == "*** *** *** ***"
    assert printable("ann of shop") == "ann of shop"


@pytest.mark.parametrize(
    "urls",
    [[], ["db:8086"], ["ftp://db"], ["http://"], ["http://db:0"], ["http://u:s3cret@db"], ["http://db?p=s3cret"],
     ["http://u:s3#cret@db"], ["http://db/#s3cret"], ["ftp://u:s3cret@db"]],
)  # fmt: skip
def test_an_invalid_url_is_refused_without_showing_its_secret(urls: list[str]) -> None:
    with pytest.raises(UserError) as found:
        planned(influxdb=[InfluxDB1(urls=urls)])
    assert "s3cret" not in str(found.value)


@pytest.mark.parametrize("header", [{"X-A": "se\ncret"}, {"X\n": "secret"}, {"": "secret"}, {"X": "secr\0t"}])
def test_an_invalid_header_is_refused_without_showing_its_value(header: dict[str, str]) -> None:
    with pytest.raises(UserError) as caught:
        plan_outputs(Settings(influxdb=[InfluxDB1(http_headers=header)]))
    assert "cannot be sent" in str(caught.value)
    assert "se" not in str(caught.value).replace("use", "").replace("sent", "")


def test_credentials_of_a_systemd_service_are_taken_by_themselves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    for name, secret in (("influxdb-token", "a-token"), ("influxdb-password", "a-word")):
        (tmp_path / name).write_text(f"{secret}\n")
        (tmp_path / name).chmod(0o400)
    assert influx(InfluxDB2(bucket="b")).settings.headers["Authorization"] == "Token a-token"
    assert influx(InfluxDB2(bucket="b", token="own")).settings.headers["Authorization"] == "Token own"
    basic = base64.b64encode(b"u:a-word").decode()
    assert influx(InfluxDB1(username="u")).settings.headers["Authorization"] == f"Basic {basic}"
