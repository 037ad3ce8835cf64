"""The InfluxDB output with a real influxd: missing databases, compression, certificates."""

import time
from pathlib import Path

import pytest

from logshipper.outputs.influxdb import (
    InfluxOutput,
    InfluxSettings,
    Transport,
    basic_authorization,
)
from logshipper.outputs.protocol import Rejected, RetryLater
from tests.support.influxd import Influxd
from tests.support.outputs import points_of
from tests.support.tls import TlsServer, make_certificate


def settings(url: str, **more: object) -> InfluxSettings:
    options: dict[str, object] = {"headers": {"Authorization": basic_authorization("u", "s3cret")}, **more}
    return InfluxSettings([url], "/write", {"db": "logs", "precision": "ns"}, **options)  # type: ignore[arg-type]


def output_of(influxd: Influxd, database: str, **more: str) -> InfluxOutput:
    parameters = {"db": database, "precision": "ns", **more}
    return InfluxOutput(InfluxSettings([influxd.url], "/write", parameters, database=database))


def test_a_missing_database_is_created(influxd: Influxd, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    output_of(influxd, "created_by_us").write(points_of(b"uwsgi_log,uri=/ status=200i 1\n"))
    assert influxd.count("created_by_us") == 1
    assert caplog.messages == [f"{influxd.url}: created the database created_by_us"]
    influxd.query('DROP DATABASE "created_by_us"')


def test_a_database_that_the_server_refuses_is_never_reported_as_created(
    influxd: Influxd, caplog: pytest.LogCaptureFixture
) -> None:
    output = output_of(influxd, "a/b")
    for _ in range(2):
        with pytest.raises(RetryLater, match="takes no database of that name") as found:
            output.write(points_of(b"m f=1 1\n"))
        assert found.value.kind == "missing"
    assert "created" not in caplog.text


def test_a_write_waits_for_a_missing_retention_policy(influxd: Influxd, influx_db: str) -> None:
    output = output_of(influxd, influx_db, rp="gone")
    for _ in range(2):
        with pytest.raises(RetryLater, match="correct retention_policy") as found:
            output.write(points_of(b"m f=1 1\n"))
        assert (found.value.kind, found.value.retry_after) == ("missing", None)


def test_points_that_are_all_older_than_what_is_kept_are_rejected_at_once(influxd: Influxd, influx_db: str) -> None:
    influxd.query(f'CREATE RETENTION POLICY day ON "{influx_db}" DURATION 1d REPLICATION 1 DEFAULT')
    output = output_of(influxd, influx_db)
    old = b"".join(b"m,u=%d f=1 %d\n" % (number % 7, number) for number in range(5000))
    rejected = output.write(points_of(old)).rejected
    assert list(rejected) == list(range(5000))
    assert "beyond retention policy" in rejected[4999]
    with pytest.raises(Rejected):  # which of them, the server does not say
        output.write(points_of(old + b"m,u=1 f=1 %d\n" % time.time_ns()))
    assert influxd.count(influx_db, "m", "f") == 1


def test_compressed_points_arrive(influxd: Influxd, influx_db: str) -> None:
    parameters = {"db": influx_db, "precision": "ns"}
    output = InfluxOutput(InfluxSettings([influxd.url], "/write", parameters, gzip=True))
    output.write(points_of(b"uwsgi_log status=200i 1\n" * 1000))
    assert influxd.count(influx_db) == 1
    output.close()


def test_a_custom_authority_and_a_client_certificate_can_be_used(
    tmp_path: Path, influxd: Influxd, influx_db: str
) -> None:
    certificate, key = make_certificate(tmp_path)
    parameters = {"db": influx_db, "precision": "ns"}
    with TlsServer(certificate, key, influxd.port, client_ca=certificate) as server:
        url = f"https://localhost:{server.port}"
        stranger = InfluxSettings([url], "/write", parameters, transport=Transport(tls_ca=str(certificate)))
        with pytest.raises(RetryLater):
            InfluxOutput(stranger).write(points_of(b"uwsgi_log status=200i 1\n"))
        known = Transport(tls_ca=str(certificate), tls_cert=str(certificate), tls_key=str(key))
        InfluxOutput(InfluxSettings([url], "/write", parameters, transport=known)).write(
            points_of(b"uwsgi_log status=200i 1\n")
        )
    assert influxd.count(influx_db) == 1
