"""`logshipper check` on mistakes that people make at set-up: it names each, and following its fix removes it."""

import json
import os
import re
import shutil
import subprocess
import tempfile
import urllib.parse
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import logshipper.checks.grafana
import logshipper.checks.influxdb
import logshipper.commands.check
import logshipper.wiring.outputs  # noqa: F401 - before the forks, which may not be able to read Python's own folder
from tests.support.forked import TAIL, run
from tests.support.http_server import Answer, http_server
from tests.support.influxd import Influxd
from tests.support.needs import need_root
from tests.support.network import fetch, free_port
from tests.support.request_lines import line
from tests.support.shipper import Shipper

INFLUX = """\
[[outputs.influxdb]]
urls = ["{url}"]
database = "logs"
"""
AUTH = 'username = "writer"\npassword = "right-one"\n'
INI = "[uwsgi]\nmaster = true\nlogto = app.log\n"
OWN_INI = INI + "log-format = [%(ctime)] %(method) %(uri) %(status) %(msecs)ms\n"
NGINX = '192.0.2.1 - - [{}] "GET / HTTP/1.1" 200 0 "-" "curl/7.58.0"\n'
"".encode("utf-8-sig")  # loads the codec before the forks, too


def lines(hours: float = 0.0, count: int = 20, uris: int = 3) -> str:
    """Return requests of now, stamped as in a zone that many hours east."""
    at = datetime.now(UTC) + timedelta(hours=hours)
    return "".join(line(f"/api/{number % uris}", at=at, number=number) for number in range(count))


@dataclass
class World:
    """A folder with app.log and c.toml, and an InfluxDB with a user `writer`."""

    folder: Path
    server: Influxd | None = None
    said: str = ""
    tokens: dict[str, str] = field(default_factory=dict)

    def edit(self, old: str, new: str, name: str = "c.toml") -> None:
        text = (self.folder / name).read_text()
        for token, value in self.tokens.items():
            old, new = old.replace(token, value), new.replace(token, value)
        assert old in text
        (self.folder / name).write_text(text.replace(old, new))

    def query(self, influxql: str) -> None:
        assert self.server is not None
        ask(self.server, influxql)


Step = Callable[[World], object]


def edit(old: str, new: str, name: str = "c.toml") -> Step:
    return lambda world: world.edit(old, new, name)


def write(name: str, text: str) -> Step:
    return lambda world: (world.folder / name).write_text(text)


def logged(name: str = "app.log", hours: float = 0.0, count: int = 20, uris: int = 3) -> Step:
    """Return the step that writes requests of the moment when it is taken."""
    return lambda world: (world.folder / name).write_text(lines(hours, count, uris))


def log_grows(world: World) -> None:
    with (world.folder / "app.log").open("a") as log:
        log.write(lines(count=1))


def age(name: str, hours: float) -> Step:
    def step(world: World) -> None:
        when = datetime.now().timestamp() - 3600 * hours
        os.utime(world.folder / name, (when, when))

    return step


def follow(pattern: str, how: Callable[[World, str], object]) -> Step:
    """Return the step that takes what the message says, and does it."""

    def step(world: World) -> None:
        found = re.search(pattern, world.said)
        assert found, world.said
        how(world, found[1])

    return step


def shell(world: World, command: str) -> None:
    subprocess.run(command, shell=True, check=True, cwd=world.folder)


def of_service(*names: str) -> Step:
    """Return the step that gives files, or the folder itself, to the user nobody."""

    def step(world: World) -> None:
        for name in names:
            (world.folder / name).touch()
            shutil.chown(world.folder / name, "nobody")

    return step


def look_again(world: World) -> None:
    world.said = run(world.folder, "check --config c.toml")[1]


def take_printed_settings(world: World) -> None:
    code, printed = run(world.folder, "pattern --config app.ini")
    assert code == 0
    keys = [one for one in printed.splitlines() if one.strip().startswith(("grok_", "data_format"))]
    world.edit('data_format = "grok"', "\n".join(keys))


@dataclass(frozen=True)
class Mistake:
    """What is wrong, what `check` says of it, and the steps that follow its fix."""

    name: str
    wrong: Sequence[Step]
    said: str
    fix: Sequence[Step]
    status: str = "bad"
    command: str = "check --config c.toml"
    after: str = ""
    output: str = ""
    root: bool = False


SETTINGS = [
    Mistake("a misspelt key", [edit("from_beginning", "from_begining")], "did you mean from_beginning?",
            [edit("from_begining", "from_beginning")]),
    Mistake("an unknown pattern", [edit('"grok"', "\"grok\"\ngrok_patterns = ['%{UWSGI_LOGS}']")],
            "did you mean UWSGI_LOG?", [edit("UWSGI_LOGS", "UWSGI_LOG")]),
    Mistake("no TOML", [edit('"app.log"', "app.log")], "c.toml, line 2: invalid TOML", [edit("app.log", '"app.log"')]),
    Mistake("a variable that is not set", [edit("out.lp", "${NO_WHERE}")], "NO_WHERE is not set; export NO_WHERE=",
            [edit("${NO_WHERE}", "out.lp")]),
    Mistake("no settings", [], "No such file or directory; correct --config", [], "bad", "check --config d.toml",
            "check --config c.toml"),
    Mistake("a key without effect", [edit("[logshipper]", '[agent]\ninterval = "10s"\n[logshipper]')],
            "interval has no effect here: lines are read as they come; remove it", [edit('interval = "10s"', "")],
            "doubtful"),
    Mistake("an unknown zone", [edit('"grok"', '"grok"\ngrok_timezone = "Europe/Berln"')], "'Europe/Berlin'?",
            [edit("Berln", "Berlin"), logged(hours=1)]),
    Mistake("no folder for the points", [edit("out.lp", "no/out.lp")], "mkdir -p",
            [follow("(mkdir -p .*)", shell)]),
]  # fmt: skip
LOGS = [
    Mistake("a missing log", [edit("app.log", "ap.log")], "ap.log: no such file; correct files",
            [edit("ap.log", "app.log")]),
    Mistake("a wildcard without a match", [edit("app.log", "*.lug")], "*.lug: no such file", [edit("lug", "log")]),
    Mistake("a folder", [edit("app.log", "logs"), lambda world: (world.folder / "logs").mkdir()],
            "a folder, so nothing is read; name its files", [edit('"logs"', '"*.log"')]),
    Mistake("a compressed log", [edit("app.log", "old.gz"), write("old.gz", "")], "ship it once: logshipper backfill",
            [edit("old.gz", "app.log")]),
    Mistake("a pipe", [edit("app.log", "pipe"), lambda world: os.mkfifo(world.folder / "pipe")],
            "let the program write to a file", [edit("pipe", "app.log")]),
    Mistake("an empty log", [write("app.log", "")], "app.log: empty; make a request", [log_grows], "doubtful"),
    Mistake("a log that does not grow", [age("app.log", 48)], "last written 2 d ago; make a request and check again",
            [log_grows], "doubtful"),
    Mistake("a rotation that uWSGI did not notice", [logged("app.log.1"), age("app.log", 0.5)],
            "which is newer; after a rotation touch uWSGI's touch-logreopen file", [log_grows]),
    Mistake("a log that the service may not read",
            [of_service("."), lambda world: (world.folder / "app.log").chmod(0o640),
             lambda world: shutil.chown(world.folder / "app.log", "root", "adm")],
            "cannot be read: Permission denied; usermod -aG adm nobody as root",
            [lambda world: shutil.chown(world.folder / "app.log", "root", "nogroup")],
            command="check --config c.toml --user nobody", root=True),
    Mistake("a folder that the service may not enter", [lambda world: world.folder.chmod(0o755),
            lambda world: (world.folder / "closed").mkdir(mode=0o700), edit("out.lp", "closed/a/out.lp")],
            "may not enter the folder", [edit("closed/a/out.lp", "out.lp"), of_service("."),
            lambda world: (world.folder / "c.toml").chmod(0o644)],
            command="check --config c.toml --user nobody", root=True),
    Mistake("a user that is not there", [], "there is no user nobdy", [], command="check --config c.toml --user nobdy",
            status="", after="check --config c.toml", root=True),
]  # fmt: skip
LINES = [
    Mistake("a format of one's own", [write("app.ini", OWN_INI), lambda world: (world.folder / "app.log").write_text(
        f"[{datetime.now(UTC):%a %b %e %H:%M:%S %Y}] GET /a 200 5ms\n")],
        "take grok_patterns and data_format from `logshipper pattern --config`",
            [take_printed_settings], command="check --config c.toml --ini app.ini"),
    Mistake("another server's log", [lambda world: (world.folder / "app.log").write_text(NGINX.format(
        f"{datetime.now(UTC):%d/%b/%Y:%H:%M:%S +0000}"))], "0 requests in the last 1 line; set grok_patterns",
        [follow('set (grok_patterns = .*)', lambda world, key: world.edit('"grok"', f'"grok"\n{key}'))]),
    Mistake("a log without requests", [write("app.log", "starting\nloading\n")], "0 requests in the last 2 lines",
            [log_grows]),
    Mistake("only starts of uWSGI", [write("app.log", "*** Starting uWSGI 2.0.28 (64bit) ***\n")],
            "0 requests in the last 1 line; make a request", [log_grows], "doubtful"),
    Mistake("some lines of another format", [lambda world: (world.folder / "app.log").write_text(
        lines() + NGINX.format("01/May/2021:13:39:35 +0000"))], "1 match no pattern; `logshipper explain",
        [logged()], "doubtful"),
    Mistake("uWSGI in another zone", [logged(hours=9)],
            "in the future; set grok_timezone", [edit('"grok"', '"grok"\ngrok_timezone = "Asia/Tokyo"')]),
    Mistake("a zone that is not uWSGI's", [edit('"grok"', '"grok"\ngrok_timezone = "America/New_York"'),
                                           logged()],
            'in the future; set grok_timezone = "UTC"', [edit("America/New_York", "UTC")]),
    Mistake("a zone in the east", [edit('"grok"', '"grok"\ngrok_timezone = "Asia/Tokyo"')],
            'h older than the writing of its line; set grok_timezone = "UTC"', [edit("Asia/Tokyo", "UTC")]),
    Mistake("an address for each user", [logged(count=300, uris=300)], "300 values of the tag uri in 300 requests",
        [edit("from_beginning", 'tagexclude = ["uri"]\nfrom_beginning')], "doubtful"),
    Mistake("too low a limit for tags", [edit("state_dir", "max_tag_values = 2\nstate_dir")],
            "max_tag_values = 2 is reached, others become (other); raise max_tag_values",
            [edit("max_tag_values = 2", "max_tag_values = 9")], "doubtful"),
]  # fmt: skip
STATE = [
    Mistake("a file for a state folder", [write("state", "")], "state: not a folder; install -d",
            [edit('"state"', '"state2"')]),
    Mistake("a state folder of somebody else",
            [lambda world: (world.folder / "state").mkdir(mode=0o700),
             lambda world: shutil.chown(world.folder / "state", "nobody")],
            "if its shipper runs as nobody, check with --user nobody; else install -d -m 700 -o root",
            [follow("else (install -d .*) as root", shell)], root=True),
    Mistake("a state folder that root has used",
            [of_service("out.lp"), lambda world: (world.folder / "state").mkdir(mode=0o700), of_service("state"),
             write("state/lock", "")],
            "another user owns lock in it; chown -R nobody", [follow("(chown -R .*) as root", shell)],
            command="check --config c.toml --user nobody", root=True),
    Mistake("a state folder that the service cannot create", [of_service("out.lp")],
            "is not writable; install -d -m 700 -o nobody", [follow("(install -d .*) as root", shell)],
            command="check --config c.toml --user nobody", root=True),
]  # fmt: skip
UWSGI = [
    Mistake("another log in uwsgi.ini", [write("app.ini", INI.replace("app.log", "web.log")),
                                         logged("web.log")],
            "which no input follows; set files =", [follow("set (files = .*)", lambda world, key: world.edit(
                'files = ["app.log"]', key))], command="check --config c.toml --ini app.ini"),
    Mistake("uwsgi.ini without a log", [write("app.ini", "[uwsgi]\nmaster = true\n")], "names no file for its log; add"
            " logto", [edit("master", "logto = app.log\nmaster", "app.ini")],
            command="check --config c.toml --ini app.ini"),
    Mistake("requests are not logged", [write("app.ini", INI + "disable-logging = true\n")],
            "disable-logging is set, so requests are not logged; remove it",
            [edit("disable-logging = true\n", "", "app.ini")], command="check --config c.toml --ini app.ini"),
    Mistake("one name for all copies", [write("app.ini", INI.replace("logto = app.log",
            "logger = file:logfile=app.log,maxsize=1000000,backupname=app.log.old"))],
            "overwrites the copy before it; remove backupname",
            [edit(",backupname=app.log.old", "", "app.ini")], "doubtful", "check --config c.toml --ini app.ini"),
    Mistake("a rotation that closes the log",
            [of_service("."), write("app.ini", INI + "log-maxsize = 1000000\nlogfile-chmod = 644\ngid = adm\n"),
             lambda world: (world.folder / "app.log").chmod(0o644)],
            "only the group adm can read", [edit("gid = adm", "gid = nogroup", "app.ini")],
            command="check --config c.toml --ini app.ini --user nobody", root=True),
    Mistake("another section", [write("app.ini", INI.replace("[uwsgi]", "[web]"))],
            "no section [uwsgi]; name the right one: app.ini:SECTION", [], "bad",
            "check --config c.toml --ini app.ini", "check --config c.toml --ini app.ini:web"),
]  # fmt: skip
OUTPUTS = [
    Mistake("a folder for points", [edit("out.lp", "folder"), lambda world: (world.folder / "folder").mkdir()],
            "a folder, not a file; name a file in it", [edit('"folder"', '"folder/out.lp"')]),
    Mistake("a text for a database", [edit('[[outputs.file]]\nfiles = ["out.lp"]', '[[outputs.sqlite]]\npath = "c.toml"'
                                           )], "file is not a database; give the path", [edit('"c.toml"', '"r.db"')]),
    Mistake("nobody listens", [edit("{url}", "{closed}")], "nothing listens there: start the server",
            [edit("{closed}", "{url}")], output=INFLUX + AUTH),
    Mistake("TLS where there is none", [edit("{url}", "{tls}")], "write http:// in urls", [edit("{tls}", "{url}")],
            output=INFLUX + AUTH),
    Mistake("no password", [], "set username and password",
            [edit('"logs"\n', '"logs"\nusername = "writer"\npassword = "right-one"\n')], output=INFLUX),
    Mistake("a wrong password", [edit("right-one", "wr0ng-one")], "check the token or the password",
            [edit("wr0ng-one", "right-one")], output=INFLUX + AUTH),
    Mistake("a user who may only read", [lambda world: world.query('REVOKE ALL ON "logs" FROM "writer"')],
            'GRANT WRITE ON "logs" TO "writer"', [follow("(GRANT .*)", World.query)], output=INFLUX + AUTH),
    Mistake("a database that nobody creates",
            [lambda world: world.query('DROP DATABASE "logs"'),
             edit('"logs"\n', '"logs"\nskip_database_creation = true\n')],
            "there is no such database; CREATE DATABASE",
            [follow("(CREATE DATABASE .*)", World.query), look_again, follow("(GRANT .*)", World.query)],
            output=INFLUX + AUTH),
    Mistake("a database that is missing yet", [lambda world: world.query('DROP DATABASE "logs"')],
            "there is no such database yet; `run` creates it if it may; CREATE DATABASE",
            [follow("(CREATE DATABASE .*)", World.query), look_again, follow("(GRANT .*)", World.query)], "doubtful",
            output=INFLUX + AUTH),
    Mistake("another retention policy", [edit('"logs"\n', '"logs"\nretention_policy = "year"\n')],
            "correct retention_policy, or leave it out", [edit('retention_policy = "year"\n', "")],
            output=INFLUX + AUTH),
    Mistake("a log that begins before the retention",
            [lambda world: world.query('ALTER RETENTION POLICY "autogen" ON "logs" DURATION 2h SHARD DURATION 1h'),
             lambda world: (world.folder / "app.log").write_text(lines(hours=-30) + lines())],
            "points are kept for 2 h, and the logs begin 1 d 6 h ago", [edit("from_beginning = true\n", "")],
            "doubtful", output=INFLUX + AUTH),
    Mistake("2.x settings for 1.x", [edit("outputs.influxdb", "outputs.influxdb_v2"), edit("database", "bucket")],
            "[[outputs.influxdb]] is for 1.x", [edit("outputs.influxdb_v2", "outputs.influxdb"),
            edit('bucket = "logs"', 'database = "logs"\nusername = "writer"\npassword = "right-one"')], output=INFLUX),
]  # fmt: skip
MISTAKES = [*SETTINGS, *LOGS, *LINES, *STATE, *UWSGI, *OUTPUTS]


@pytest.fixture(scope="module")
def server() -> Iterator[Influxd]:
    """An InfluxDB that asks for a password, with an administrator and a user `writer`."""
    with tempfile.TemporaryDirectory() as folder:
        started = Influxd(Path(folder) / "influxd", settings={"HTTP_AUTH_ENABLED": "true"}).start()
        started.query("CREATE USER admin WITH PASSWORD 'admin-one' WITH ALL PRIVILEGES")
        ask(started, "CREATE USER writer WITH PASSWORD 'right-one'")
        yield started
        started.kill()


def ask(server: Influxd, influxql: str) -> None:
    """Run InfluxQL as the administrator."""
    form = urllib.parse.urlencode({"q": influxql, "u": "admin", "p": "admin-one"})
    status, body = fetch(f"{server.url}/query?{form}", b"")
    assert status == 200, body
    assert b"error" not in body, body


@pytest.fixture
def world(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> World:
    base = tmp_path_factory.getbasetemp()
    for folder in (tmp_path, base, *(one for one in base.parents if one.name.startswith("pytest-"))):
        folder.chmod(0o755)  # for the user nobody
    (tmp_path / "app.log").write_text(lines())
    (tmp_path / "c.toml").write_text(TAIL)
    return World(tmp_path)


def prepare(world: World, output: str, request: pytest.FixtureRequest) -> None:
    """Let the settings write to the InfluxDB, where `writer` may do everything with the database `logs`."""
    world.server = server = request.getfixturevalue("server")
    for query in ('DROP DATABASE "logs"', 'CREATE DATABASE "logs"', 'GRANT ALL ON "logs" TO "writer"'):
        ask(server, query)
    closed = f"http://127.0.0.1:{free_port()}"
    world.tokens = {"{url}": server.url, "{closed}": closed, "{tls}": server.url.replace("http:", "https:")}
    world.edit('[[outputs.file]]\nfiles = ["out.lp"]\n', output)


def test_there_are_at_least_thirty_mistakes_with_distinct_names() -> None:
    assert len({mistake.name for mistake in MISTAKES}) == len(MISTAKES) >= 30


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_check_names_the_mistake_and_its_fix_works(
    mistake: Mistake, world: World, request: pytest.FixtureRequest
) -> None:
    if mistake.root:
        need_root("to check as another user")
    if mistake.output:
        prepare(world, mistake.output, request)
    for step in mistake.wrong:
        step(world)
    code, world.said = run(world.folder, mistake.command)
    assert mistake.said in world.said
    unusable = not mistake.status or world.said.startswith("bad      settings")
    assert code == (2 if unusable else {"bad": 1, "doubtful": 0}[mistake.status]), world.said
    assert not mistake.status or re.search(f"^{mistake.status} .*{re.escape(mistake.said)}", world.said, re.MULTILINE)
    for step in mistake.fix:
        step(world)
    code, said = run(world.folder, mistake.after or mistake.command)
    assert mistake.said not in said
    assert code == 0, said


def test_everything_good_is_one_line_each_and_a_verdict(world: World) -> None:
    code, said = run(world.folder, "check --config c.toml")
    assert code == 0
    assert all(one.startswith("good ") for one in said.splitlines()[:-1]), said
    assert said.splitlines()[-1] == f"ready: all {len(said.splitlines()) - 1} are good"


def test_json_has_a_fix_only_where_something_is_wrong(world: World) -> None:
    (world.folder / "app.log").write_text("")
    code, said = run(world.folder, "check --config c.toml --json")
    found = json.loads(said)
    assert (code, found["status"]) == (0, "doubtful")
    assert {one["status"] for one in found["checks"] if "fix" in one} == {"doubtful"}
    code, said = run(world.folder, "check --config d.toml --json")
    assert (code, json.loads(said)["status"]) == (2, "bad")


def test_without_settings_or_logs_it_says_what_to_give(world: World) -> None:
    code, said = run(world.folder, "check")
    assert (code, said) == (
        2, "logshipper: give --config, --ini or log files; logshipper check --config logshipper.toml\n"
    )  # fmt: skip


def test_the_point_in_influxdb_is_removed(world: World, request: pytest.FixtureRequest) -> None:
    prepare(world, INFLUX + AUTH, request)
    assert world.server is not None
    code, said = run(world.folder, "check --config c.toml")
    assert (code, "a point was written, read back and removed" in said) == (0, True), said
    asked = urllib.parse.urlencode({"db": "logs", "q": "SHOW MEASUREMENTS", "u": "admin", "p": "admin-one"})
    assert fetch(f"{world.server.url}/query?{asked}")[1] == b'{"results":[{"statement_id":0}]}\n'


def test_a_user_who_may_only_write_is_enough(world: World, request: pytest.FixtureRequest) -> None:
    prepare(world, INFLUX + AUTH, request)
    world.query('REVOKE ALL ON "logs" FROM "writer"')
    world.query('GRANT WRITE ON "logs" TO "writer"')
    code, said = run(world.folder, "check --config c.toml")
    assert (code, "these rights are for writing only, which is enough" in said) == (0, True), said


def test_it_runs_beside_a_shipper_and_disturbs_it_not(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.write_text(lines())
    shipper = Shipper(tmp_path, [log], f'[[outputs.file]]\nfiles = ["{tmp_path}/out.lp"]').start()
    try:
        code, said = run(tmp_path, "check --config logshipper.toml")
        assert (code, f"a shipper (pid {shipper.pid}) uses it" in said) == (0, True), said
    finally:
        assert shipper.stop() == 0


@pytest.mark.parametrize(
    ("sources", "health", "said"),
    [
        (401, "", "set GRAFANA_TOKEN"),
        ([], "", "add one in Grafana: Connections, Data sources, InfluxDB, with the database logs"),
        (["mysql"], "", "no datasource reads logs"),
        (["influxdb"], "ERROR", "the datasource Flask does not work: no route; correct its address"),
        (["influxdb"], "OK", "the datasource Flask works"),
    ],
)
def test_grafanas_datasource(
    sources: list[str] | int, health: str, said: str, world: World, request: pytest.FixtureRequest
) -> None:
    prepare(world, INFLUX + AUTH, request)

    def answer(headers: Mapping[str, str], _: bytes) -> Answer:
        if not isinstance(sources, list):
            return Answer(sources, b'{"message": "Unauthorized"}')
        if "/health" in headers[":path"]:
            return Answer(
                200 if health == "OK" else 400, json.dumps({"status": health, "message": "no route"}).encode()
            )
        found = [{"name": "Flask", "uid": "a", "type": kind, "jsonData": {"dbName": "logs"}} for kind in sources]
        return Answer(200, json.dumps(found).encode())

    with http_server(answer) as url:
        code, text = run(world.folder, f"check --config c.toml --grafana {url}")
    assert said in text
    assert code == (0 if health == "OK" else 1)


def test_a_stranger_is_not_taken_for_grafana(world: World, request: pytest.FixtureRequest) -> None:
    prepare(world, INFLUX + AUTH, request)
    assert world.server is not None
    assert (
        "what answers there is not Grafana"
        in run(world.folder, f"check --config c.toml --grafana {world.server.url}")[1]
    )
