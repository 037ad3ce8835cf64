"""The container's nginx: what it passes on and what it keeps to itself."""

from pathlib import Path

from tests.support.needs import need
from tests.support.network import connects, fetch, free_port
from tests.support.processes import ROOT, Server


def test_the_metrics_of_the_application_are_not_public(tmp_path: Path) -> None:
    port, other = free_port(), free_port()
    text = (ROOT / "docker/nginx.conf").read_text().replace("/tmp/", f"{tmp_path}/")
    text = text.replace("listen 80;", f"listen 127.0.0.1:{port};").replace("listen 5000;", f"listen 127.0.0.1:{other};")
    (tmp_path / "nginx.conf").write_text(text)
    command = [need("nginx", package="nginx-light"), "-e", "stderr", "-c", str(tmp_path / "nginx.conf")]
    nginx = Server([*command, "-g", "daemon off;"], tmp_path / "nginx.out").start()
    try:
        nginx.wait_ready(lambda: connects(port) and connects(other))
        for base in (f"http://127.0.0.1:{port}", f"http://127.0.0.1:{other}"):
            paths = ["/nginx-health", "/metrics", "/metrics/", "/metrics?x", "/%6detrics"]
            assert [fetch(base + path)[0] for path in paths] == [204, 404, 404, 404, 404]
            assert fetch(f"{base}/")[0] == 502  # passed on to uWSGI, which is not there
    finally:
        nginx.stop()
