"""Write the dashboards' and alert rules' JSON: python -m grafana.generate [--check]."""

import sys
from collections.abc import Callable
from pathlib import Path

from grafana.generate import alerts, flask, shipper, uwsgi

FOLDER = Path(__file__).resolve().parent.parent
FILES: dict[str, Callable[[], str]] = {
    "dashboards/uwsgi-requests.json": uwsgi.build,
    "dashboards/flask.json": flask.build,
    "dashboards/shipper.json": shipper.build,
    "provisioning/alerting/rules.json": alerts.build,
}


def main(arguments: list[str]) -> int:
    """Write every file; with --check only compare, and return 1 when one differs."""
    differs = False
    for name, build in FILES.items():
        path, text = FOLDER / name, build()
        if path.exists() and path.read_text() == text:
            continue
        differs = True
        if "--check" in arguments:
            print(f"{name} is not what the code says: run python -m grafana.generate")
        else:
            path.write_text(text)
            print(f"{name} written")
    return int(differs and "--check" in arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
