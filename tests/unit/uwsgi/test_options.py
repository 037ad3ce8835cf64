"""uWSGI's configuration files: ini, yaml, json and xml give the same options, with uWSGI's placeholders."""

import json
from pathlib import Path

import pytest

from logshipper.errors import UserError
from logshipper.uwsgi.options import is_set, read_options, values

FORMAT = '%(addr) "%(uri)" # %(status)'
EXPECTED = [("master", "true"), ("log-format", FORMAT), ("logto", "/var/log/a b.log")]


def write(path: Path, text: str) -> Path:
    path.write_text(text, "utf-8")
    return path


def test_ini_is_read(tmp_path: Path) -> None:
    text = f"# a comment\n[other]\nlogto = x\n[uwsgi]\n; a comment\nmaster=true\n log-format = {FORMAT} \n"
    text += "logto = /var/log/a b.log"
    assert read_options(write(tmp_path / "a.ini", text)) == EXPECTED


def test_yaml_is_read(tmp_path: Path) -> None:
    text = f"uwsgi:\n  master: true  # yes\n  log-format: '{FORMAT}'\n\n  logto: \"/var/log/a b.log\"\n"
    text += "other:\n  logto: x\n"
    assert read_options(write(tmp_path / "a.yaml", text)) == EXPECTED


def test_yaml_lists_are_repeated_options(tmp_path: Path) -> None:
    text = "uwsgi:\n  log-encoder:\n    - prefix a\n    - nl\n  master: 1\n"
    assert values(read_options(write(tmp_path / "a.yml", text)), "log-encoder") == ["prefix a", "nl"]


def test_json_is_read(tmp_path: Path) -> None:
    content = {"uwsgi": {"master": True, "log-format": FORMAT, "logto": ["/var/log/a b.log"]}}
    assert read_options(write(tmp_path / "a.json", json.dumps(content))) == EXPECTED


def test_xml_is_read(tmp_path: Path) -> None:
    text = f"<uwsgi><master>true</master><log-format>{FORMAT}</log-format><logto>/var/log/a b.log</logto></uwsgi>"
    assert read_options(write(tmp_path / "a.xml", text)) == EXPECTED


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("%%Y-%%m", "%Y-%m"),
        ("/log/%n.%e", "/log/site.ini"),
        ("%(base)/x", "/srv/x"),
        ("%(uri)", "%(uri)"),
        ("$(SOME_NAME)", "value"),
        ("/log/$(NOT_SET).log", "/log/$(NOT_SET).log"),
        ("%q", ""),
    ],
)
def test_placeholders_and_variables_are_expanded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str, read: str
) -> None:
    monkeypatch.setenv("SOME_NAME", "value")
    monkeypatch.delenv("NOT_SET", raising=False)
    file = write(tmp_path / "site.ini", f"[uwsgi]\nset-placeholder = base=/srv\nx = {written}\n")
    assert values(read_options(file), "x") == [read]


def test_other_sections_and_files_are_included(tmp_path: Path) -> None:
    write(tmp_path / "common.ini", "[logs]\nlogto = /log\n")
    file = write(tmp_path / "a.ini", "[uwsgi]\nini = :more\ninclude = common.ini:logs\n[more]\nlog-micros = true\n")
    assert read_options(file) == [("log-micros", "true"), ("logto", "/log")]
    assert read_options(file, "more") == [("log-micros", "true")]


@pytest.mark.parametrize(("value", "on"), [("true", True), ("", True), ("1", True), ("false", False), ("0", False)])
def test_a_switch_is_on_unless_false_or_0(value: str, on: bool) -> None:
    assert is_set([("vhost", value)], "vhost") is on


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.ini", "[flask]\nx = 1\n", "no section [uwsgi]"),
        ("a.yaml", "flask:\n  x: 1\n", "no mapping called 'uwsgi'"),
        ("a.json", "{}", "not a JSON object"),
        ("a.xml", "<uwsgi>", "invalid XML"),
        ("a.ini", "[uwsgi]\nini = a.ini\n", "include each other"),
    ],
)
def test_an_unreadable_file_is_a_user_error(tmp_path: Path, name: str, text: str, message: str) -> None:
    with pytest.raises(UserError) as caught:
        read_options(write(tmp_path / name, text))
    assert message in str(caught.value)
    assert str(tmp_path) in str(caught.value)


def test_a_missing_file_is_a_user_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot read"):
        read_options(tmp_path / "none.ini")
