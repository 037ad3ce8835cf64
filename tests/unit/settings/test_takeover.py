"""A configuration of Telegraf, line by line."""

from logshipper.settings.load import read_text
from logshipper.settings.takeover import Takeover, take_over

CONFIG = """\
# what we have
[tags]
  dc = "x"
[agent]
  interval = "10s"
  hostname = "web1"
[[inputs.cpu]]
  percpu = true
  [inputs.cpu.tags]
    a = "b"
# the logs
[[inputs.logparser]]
  files = ["/var/log/uwsgi/*.log"]
  [inputs.logparser.grok]
    patterns = [
      "%{UWSGI_LOG}",
      # and no other
    ]
[[inputs.cpu]]
[[processors.rename]]
  order = 1
[[outputs.influxdb]]
  urls = ["http://127.0.0.1:8086"]
  http_proxy = "http://proxy"
  flush_jitter = [
    "1s",
  ]
  # the last word
"""


def taken(text: str = CONFIG) -> Takeover:
    return take_over("telegraf.conf", text, {})


def test_what_is_left_is_a_settings_file_without_errors_and_notes() -> None:
    loaded = read_text("taken", taken().text, {})
    assert (loaded.errors, loaded.notes) == ((), ())
    assert loaded.settings.inputs[0].files == ["/var/log/uwsgi/*.log"]
    assert loaded.settings.global_tags == {"dc": "x"}


def test_every_statement_has_a_remark_in_the_order_of_the_file() -> None:
    found = [(one.line, one.became) for one in taken().remarks]
    assert found == [
        (2, "translated"), (3, "kept"), (4, "kept"), (5, "left out"), (6, "kept"),
        (7, "left out"), (8, "left out"), (9, "left out"), (10, "left out"),
        (12, "kept"), (13, "kept"), (14, "kept"), (15, "kept"), (19, "left out"), (20, "left out"), (21, "left out"),
        (22, "kept"), (23, "kept"), (24, "left out"), (25, "left out"),
    ]  # fmt: skip


def test_a_remark_says_why() -> None:
    said = {one.line: str(one) for one in taken().remarks}
    assert said[5] == 'line 5: left out: interval = "10s": interval has no effect here: lines are read as they come'
    assert said[7].startswith("line 7: left out: [[inputs.cpu]]: leave it to Telegraf")
    assert said[24].endswith("use a direct address in urls; the shipper uses no proxy")


def test_comments_stay() -> None:
    assert [line for line in taken().text.split("\n") if "#" in line] == [
        "# what we have", "# the logs", "      # and no other", "  # the last word",
    ]  # fmt: skip


def test_what_needs_a_person_is_kept_and_named() -> None:
    text = '[[inputs.tail]]\nfiles = ["a.log"]\n[[outputs.influxdb]]\nurls = 7\n'
    remarks = [str(one) for one in taken(text).remarks if one.became == "wrong"]
    assert len(remarks) == 2
    assert "data_format is not set" in remarks[0]
    assert "urls has the wrong type" in remarks[1]
    assert taken(text).text == text


def test_a_file_without_logs_needs_a_person() -> None:
    assert [one.line for one in taken('[[outputs.influxdb]]\nurls = ["http://a"]\n').remarks if one.became == "wrong"]
