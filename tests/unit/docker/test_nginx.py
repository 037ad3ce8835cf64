"""The container's nginx: what it passes on and what it keeps to itself."""

import shutil
import subprocess
import urllib.error
import urllib.request
from functools import partial
from pathlib import Path

import pytest

from tests.support.network import free_port
from tests.support.processes import ROOT
from tests.support.waiting import wait_until


def status(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code
    except OSError:
        return 0


def answers(url: str) -> bool:
    return status(url) == 204


@pytest.mark.skipif(not shutil.which("nginx"), reason="needs nginx (Debian: nginx-core)")
def test_the_metrics_of_the_application_are_not_public(tmp_path: Path) -> None:
    port, other = free_port(), free_port()
    text = (ROOT / "docker/nginx.conf").read_text().replace("/tmp/", f"{tmp_path}/")
    text = text.replace("listen 80;", f"listen 127.0.0.1:{port};").replace("listen 5000;", f"listen 127.0.0.1:{other};")
    (tmp_path / "nginx.conf").write_text(text)
    command = ["nginx", "-e", "stderr", "-c", str(tmp_path / "nginx.conf"), "-g", "daemon off;"]
    nginx = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        for base in (f"http://127.0.0.1:{port}", f"http://127.0.0.1:{other}"):
            wait_until(partial(answers, f"{base}/nginx-health"))
            assert [status(base + path) for path in ("/metrics", "/metrics/", "/metrics?x", "/%6detrics")] == [404] * 4
            assert status(f"{base}/") == 502  # passed on to uWSGI, which is not there
    finally:
        nginx.terminate()
        nginx.wait()
