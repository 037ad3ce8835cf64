"""A settings file is checked whole: keys, patterns, outputs and folders, each error with its line."""

from pathlib import Path

import pytest

from logshipper.errors import UserError
from logshipper.wiring.check import load_checked


def errors(tmp_path: Path, text: str) -> list[str]:
    file = tmp_path / "s.toml"
    file.write_text(text)
    with pytest.raises(UserError) as caught:
        load_checked(file, {})
    return [str(error).removeprefix(f"{tmp_path}/") for error in caught.value.each()]


def test_errors_in_keys_patterns_outputs_and_folders_are_reported_together(tmp_path: Path) -> None:
    found = errors(
        tmp_path,
        f"""\
[[inputs.tail]]
  files = ["{tmp_path}/nowhere/a.log"]
  from_begining = true
  data_format = "grok"
  grok_patterns = [
    "%{{WORD:a}}",
    "%{{WROD:a}}",
  ]
[[inputs.tail]]
  files = ["{tmp_path}/a.log"]
  data_format = "grok"
  grok_custom_patterns = '''
    OWN %{{WORD:b}}
    BROKEN
    OTHER x
    BROKEN2
  '''
[[outputs.influxdb]]
  urls = ["http://a", "127.0.0.1:8086"]
[[outputs.influxdb_v2]]
[logshipper]
  mask_ipv4 = 33
""",
    )
    lines = (2, 3, 7, 14, 16, 19, 20, 22)
    assert [error.partition(": ")[0] for error in found] == [f"s.toml, line {line}" for line in lines]


@pytest.mark.parametrize(
    ("patterns", "line", "what"),
    [
        ("patterns = ['%{WROD:a}']", 5, "unknown pattern %{WROD}"),
        ("patterns = ['%{WORD:a}',\n'%{WORD:a:itn}']", 6, "modifier :itn"),
        ("patterns = [\n\n'%{WORD:a} (']", 7, "invalid regular expression"),
        ("patterns = ['%{A}']\ncustom_patterns = '''A %{B}\nB %{WROD:a}'''", 7, "unknown pattern %{WROD}"),
        ("patterns = ['%{A}']\ncustom_patterns = '''\nA %{B}\nB (%{WORD:a}\n'''", 8, "invalid regular expression"),
        ("patterns = ['%{A}']\ncustom_patterns = '''\nA %{B}\nB %{A}\n'''", 7, "refers to itself"),
        ('patterns = ["%{A}"]\ncustom_patterns = "A %{WROD:a}"', 6, "unknown pattern %{WROD}"),
        ("patterns = [\n'%{NOTSPACE:t:ts-\"1999-12-31\"} %{WORD:a}']", 6, "a layout is the moment Mon Jan 2"),
        ("patterns = [\n'%{NOTSPACE:t:ts-epok} %{WORD:a}']", 6, "did you mean ts-epoch?"),
        ("patterns = ['%{WORD:a}']\ntimezone = 'Europe/Berln'", 6, "did you mean 'Europe/Berlin'?"),
    ],
)
def test_an_error_in_a_pattern_names_the_line_of_the_pattern(
    tmp_path: Path, patterns: str, line: int, what: str
) -> None:
    text = f"[[outputs.file]]\n[[inputs.logparser]]\nfiles = ['{tmp_path}/a']\n[inputs.logparser.grok]\n{patterns}\n"
    (found,) = errors(tmp_path, text)
    assert found.startswith(f"s.toml, line {line}: ")
    assert what in found


def test_errors_in_time_zone_layout_and_pattern_are_reported_together(tmp_path: Path) -> None:
    text = f"""\
[[outputs.file]]
[[inputs.tail]]
files = ['{tmp_path}/a']
data_format = "json"
json_time_format = "1999-12-31"
grok_timezone = "Mars"
grok_patterns = ["%{{WROD:a}}", '%{{NOTSPACE:t:ts-"1999"}} %{{WORD:a}}']
"""
    assert [error.partition(": ")[0] for error in errors(tmp_path, text)] == [
        f"s.toml, line {line}" for line in (5, 6, 7, 7)
    ]


def test_an_error_in_a_pattern_file_names_the_file_and_its_line(tmp_path: Path) -> None:
    patterns = tmp_path / "own"
    patterns.write_text("# mine\nA %{WORD:a}\nB (%{A}\n")
    text = f"""\
[[outputs.file]]
[[inputs.logparser]]
files = ['{tmp_path}/a']
grok = {{ patterns = ['%{{B}}'], custom_pattern_files = ['{patterns}'] }}
"""
    (found,) = errors(tmp_path, text)
    assert found.startswith("own, line 3: invalid regular expression")
    assert "(%{A}" in found
