"""The files that travel with the package: grok patterns, dashboards, rules, the systemd unit.

In a clone they lie beside the package, where people look for them; in an installed package in its folder `data`
(the wheel's force-include in pyproject.toml puts them there).
"""

from pathlib import Path


def folder(name: str) -> Path:
    """Return one of the folders: grafana, grok_patterns, prometheus or systemd."""
    package = Path(__file__).parent  # importlib.resources would cost every start 10 ms
    installed = package / "data"
    return (installed if installed.is_dir() else package.parent) / name
