"""Finding uWSGI's configuration: of a server that runs, in a folder, in the usual places."""

from pathlib import Path

import pytest

from logshipper.uwsgi.found import FoundConfiguration, configurations


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    return tmp_path / "proc"


def process(proc: Path, pid: int, folder: Path, *words: str) -> None:
    (proc / str(pid)).mkdir(parents=True)
    (proc / str(pid) / "cmdline").write_text("\0".join([*words, ""]))
    (proc / str(pid) / "cwd").symlink_to(folder)


def test_a_running_server_names_its_configuration_in_many_ways(tmp_path: Path, proc: Path) -> None:
    process(proc, 7, tmp_path, "/usr/bin/uwsgi", "--ini", "a.ini", "--http", ":80")
    process(proc, 8, tmp_path, "uwsgi", "--ini=b.ini:web")
    process(proc, 9, tmp_path, "/opt/bin/uwsgi", "/etc/c.yaml")
    process(proc, 10, tmp_path, "vi", "d.ini")
    found = configurations(tmp_path, proc, [])
    assert found == [
        FoundConfiguration(f"{tmp_path}/a.ini", 7),
        FoundConfiguration(f"{tmp_path}/b.ini:web", 8),
        FoundConfiguration("/etc/c.yaml", 9),
    ]


def test_the_workers_of_a_server_count_once(tmp_path: Path, proc: Path) -> None:
    for pid in (7, 8):
        process(proc, pid, tmp_path, "uwsgi", "a.ini")
    assert len(configurations(tmp_path, proc, [])) == 1


def test_without_a_server_the_folder_is_searched_and_then_the_machine(tmp_path: Path, proc: Path) -> None:
    here, machine = tmp_path / "here", tmp_path / "machine"
    here.mkdir()
    machine.mkdir()
    (machine / "app.ini").write_text("[uwsgi]\nlogto = a.log\n")
    (here / "tox.ini").write_text("[tox]\n")
    assert configurations(here, proc, [str(machine)]) == [FoundConfiguration(f"{machine}/app.ini")]
    (here / "uwsgi.ini").write_text("[uwsgi]\nlogto = b.log\n")
    assert configurations(here, proc, [str(machine)]) == [FoundConfiguration(f"{here}/uwsgi.ini")]
    assert configurations(tmp_path / "nowhere", proc, [str(tmp_path / "nowhere")]) == []
