"""The package's data files, found in a clone; for an installed package see integration/test_package.py."""

import pytest

from logshipper import package_data


@pytest.mark.parametrize(
    ("folder", "file"),
    [
        ("grok_patterns", "uwsgi"),
        ("grafana", "dashboards"),
        ("prometheus", "rules"),
        ("systemd", "logshipper.service"),
    ],
)
def test_each_folder_of_package_data_is_found(folder: str, file: str) -> None:
    assert (package_data.folder(folder) / file).exists()
