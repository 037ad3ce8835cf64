"""The shipper dies: cases 1 to 9."""

import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from logshipper.state.checkpoint import VERSION
from tests.faults.oracle import Outcome
from tests.faults.tmpfs import tmpfs
from tests.faults.world import World
from tests.support.needs import need
from tests.support.proxy import forward, refuse, swallow
from tests.support.waiting import wait_until


def kill_at_random(world: World) -> Outcome:
    """1: SIGKILL at random moments while lines are written and rotated."""
    kills, lines = world.size(200, 6), world.size(1_000_000, 15_000)
    writer = world.writer()
    shipper = world.shipper().start()
    for _ in range(kills):
        with writer.in_background(lines // kills, world.dice, rotate=0.2):
            time.sleep(world.dice.random() * world.size(15, 6) / 10)  # the random moment
            shipper.kill()
        shipper.start()
    world.settle(timeout=600)
    return world.finish(runs=kills)


_SYSCALLS = {"write": "write,writev", "fsync": "fsync", "rename": "rename,renameat,renameat2", "send": "sendto,sendmsg"}


def kill_at_each_call(world: World) -> Outcome:
    """2: SIGKILL at every n-th write, fsync, rename and send."""
    strace = need("strace", package="strace")
    writer = world.writer()
    shipper = world.shipper(agent="metric_batch_size = 200")
    runs = 0
    for calls in _SYSCALLS.values():
        for number in range(1, world.size(60, 3)):
            writer.write(3000)
            if number % 3 == 0:
                writer.rotate()
            inject = f"inject={calls}:signal=SIGKILL:when={number}"
            shipper.prefix = [strace, "-f", "-qq", "-o", "/dev/null", "-e", f"trace={calls}", "-e", inject]
            killed = shipper.once(check=False).returncode == -signal.SIGKILL
            runs += killed
            if not killed:
                break
    shipper.prefix = []
    shipper.once()
    return world.finish(runs=runs)


def acknowledgement_lost(world: World) -> Outcome:
    """3: the acknowledgement is swallowed, then the shipper is killed."""
    proxy, writer = world.proxy(), world.writer()
    shipper = world.shipper(url=proxy.url).start()
    rounds = world.size(30, 3)
    for _ in range(rounds):
        proxy.mode = swallow
        before = proxy.requests
        writer.write(world.dice.randrange(1, 3000))
        wait_until(lambda before=before: proxy.requests > before)  # type: ignore[misc]
        shipper.kill()
        proxy.mode = forward
        shipper.start()
    return world.finish(runs=rounds)


def stop_while_away(world: World) -> Outcome:
    """4: SIGTERM while the database is unreachable."""
    proxy, writer = world.proxy(), world.writer()
    proxy.mode = refuse
    shipper = world.shipper(url=proxy.url).start()
    writer.write(5000)
    shipper.wait_for("retrying")
    late = world.stopped_late(shipper)
    proxy.mode = forward
    shipper.start()
    return world.finish(deviation=late)


def kill_both(world: World) -> Outcome:
    """5: SIGKILL influxd and shipper in turn."""
    influx, writer = world.own_influxd(), world.writer()
    shipper = world.shipper().start()
    turns = world.size(50, 2)
    for turn in range(turns):
        with writer.in_background(world.size(4000, 1000), world.dice, rotate=0.1):
            time.sleep(world.dice.random() * 0.4)  # the random moment
            if turn % 2:
                shipper.kill()
            else:
                influx.kill()
        if turn % 2:
            shipper.start()
        else:
            influx.start()
    return world.finish(runs=turns)


def second_shipper(world: World) -> Outcome:
    """6: a second shipper on the same state is refused in one line."""
    writer = world.writer()
    first = world.shipper().start()
    writer.write(1000)
    second = world.shipper(state=first.state)
    done = second.once(check=False)
    said = done.stderr.strip().splitlines()
    good = done.returncode == 1 and len(said) == 1 and "another logshipper" in said[0]
    return world.finish(deviation="" if good else f"the second one said {done.stderr!r}")


def _damages() -> dict[str, bytes]:
    return {"empty": b"", "NULs": bytes(300), "torn": b"", "flipped": b"", "newer": b""}


def damage(file: Path, how: str) -> None:
    """Damage a checkpoint."""
    data = bytearray(file.read_bytes())
    if how == "torn":
        data = data[: len(data) // 2]
    elif how == "flipped":
        data[len(data) // 2] ^= 1
    elif how == "newer":
        data = data.replace(b'"version": %d' % VERSION, b'"version": 999')
    else:
        data = bytearray(_damages()[how])
    file.write_bytes(data)


def damaged_checkpoint(world: World) -> Outcome:
    """7: a damaged or newer checkpoint: the copy before it is used, and never the end of the file."""
    writer = world.writer()
    shipper = world.shipper(from_beginning=False)
    shipper.start()
    runs = 0
    for how in _damages():
        for both in (False, True) if not world.short else (world.dice.random() < 0.5,):
            for count in (400, 300):
                writer.write(count)
                world.settle()
            shipper.kill()
            writer.write(200)
            for file in shipper.state.rglob("*.json*"):
                if both or file.suffix == ".json":
                    damage(file, how)
            shipper.start()
            runs += 1
            if shipper.said("cannot use the checkpoint") < runs:
                return world.finish(deviation=f"nothing said of a checkpoint that is {how}")
    return world.finish(runs=runs)


def state_in_trouble(world: World) -> Outcome:
    """8: the state folder is full, deleted, read-only: it ships on, and recovers."""
    writer = world.writer()
    with tmpfs(world.folder / "small", "1m") as small:
        shipper = world.shipper(state=small / "state").start()
        for trouble in ("full", "deleted", "read-only"):
            writer.write(500)
            world.settle()
            filler = small / "filler"
            if trouble == "full":
                _fill(filler)
            elif trouble == "deleted":
                shutil.rmtree(shipper.state)
            else:
                _read_only(shipper.state)
            alarms = shipper.said("cannot write")
            writer.write(500)
            world.settle()
            if trouble != "deleted":
                wait_until(lambda alarms=alarms: shipper.said("cannot write") > alarms)  # type: ignore[misc]
            if trouble == "read-only":
                subprocess.run(["umount", "-l", str(shipper.state)], check=True)
            filler.unlink(missing_ok=True)
            wait_until(lambda: list(shipper.state.rglob("*.json")))
            shipper.kill()
            writer.write(500)
            shipper.start()
        return world.finish(runs=3)


def _fill(file: Path) -> None:
    with file.open("wb", buffering=0) as opened:
        try:
            while True:
                opened.write(bytes(4096))
        except OSError:
            return


def _read_only(folder: Path) -> None:
    subprocess.run(["mount", "--bind", str(folder), str(folder)], check=True)
    subprocess.run(["mount", "-o", "remount,bind,ro", str(folder)], check=True)


def sync_fails(world: World) -> Outcome:
    """9: fsync or rename fails with EIO: the position does not move."""
    strace = need("strace", package="strace")
    writer = world.writer()
    shipper = world.shipper()
    writer.write(500)
    shipper.once()
    deviation = ""
    for calls in ("fsync", "rename,renameat,renameat2"):
        kept = _checkpoints(shipper.state)
        writer.write(700)
        shipper.prefix = [
            strace,
            "-f",
            "-qq",
            "-o",
            "/dev/null",
            "-e",
            f"trace={calls}",
            "-e",
            f"inject={calls}:error=EIO",
        ]
        done = shipper.once(check=False)
        if "cannot write the checkpoint" not in done.stderr:
            deviation = f"no alarm when {calls} fails"
        if _checkpoints(shipper.state) != kept:
            deviation = f"the position moved though {calls} failed"
        shipper.prefix = []
        shipper.once()
    return world.finish(runs=2, deviation=deviation)


def _checkpoints(state: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in state.rglob("*.json")}


CASES: dict[int, Callable[[World], Outcome]] = {
    1: kill_at_random, 2: kill_at_each_call, 3: acknowledgement_lost, 4: stop_while_away, 5: kill_both,
    6: second_shipper, 7: damaged_checkpoint, 8: state_in_trouble, 9: sync_fails,
}  # fmt: skip
