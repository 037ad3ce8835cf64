"""Files are rotated, copied, truncated, deleted, linked, compressed: cases 11 to 19, 22 and 34."""

import gzip
import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from tests.faults.oracle import Outcome
from tests.faults.world import World
from tests.support.log_writer import Writer, line
from tests.support.needs import need, need_root
from tests.support.shipper import Shipper


def _logrotate(world: World, how: str) -> Callable[[], None]:
    """Return a function that rotates the log with real logrotate."""
    program = need("logrotate", package="logrotate")
    config, state = world.folder / "logrotate.conf", world.folder / "logrotate.state"
    config.write_text(f'"{world.log}" {{\n  rotate 2000\n  {how}\n  ifempty\n  su root root\n}}\n')
    config.chmod(0o644)

    def rotate() -> None:
        subprocess.run([program, "-f", "-s", str(state), str(config)], check=True)

    return rotate


def rotate_create(world: World) -> Outcome:
    """11: real logrotate `create` under load."""
    need_root("for logrotate to change owners")
    rotations, writer = world.size(500, 8), world.writer()
    world.folder.chmod(0o755)
    rotate = _logrotate(world, "create 0644 root root")
    world.shipper().start()
    with writer.in_background(rotations * 300, world.dice):
        for _ in range(rotations):
            rotate()
            # The writer stays on the old file for some lines, like one that waits for a signal.
            time.sleep(world.dice.random() * 0.02)
            with writer.lock:
                writer.reopen()
    return world.finish(runs=rotations)


def rotate_copytruncate(world: World) -> Outcome:
    """12: real logrotate `copytruncate`, the writer paused at each."""
    need_root("for logrotate to change owners")
    rotations, writer = world.size(500, 8), world.writer()
    world.folder.chmod(0o755)
    rotate = _logrotate(world, "copytruncate")
    world.shipper().start()
    for _ in range(rotations):
        writer.write(world.dice.randrange(1, 400))
        rotate()
    paused = world.finish(runs=rotations)
    if not paused.deviation and "no rotated copy has them" in world.shippers[0].output_text():
        return replace(paused, deviation="lines were reported as lost, but none were")
    return paused if paused.deviation else _racing(world, rotate, writer, rotations)


def _racing(world: World, rotate: Callable[[], None], writer: Writer, rotations: int) -> Outcome:
    """Rotate while the writer continues: lines in a copy or in the file at the end have survived logrotate."""
    shipper = world.shippers[0].start()
    with writer.in_background(rotations * 300, world.dice):
        for _ in range(rotations):
            rotate()
            time.sleep(world.dice.random() * 0.02)
    survived = _numbers_on_disk(world.folder)
    window = len(writer.written) - len(survived)
    world.settle(len(survived))
    writer.written.clear()
    writer.written.update(survived)
    outcome = world.finish(bad=None, stop=True)
    reported = "no rotated copy has them" in shipper.output_text()
    there = outcome.deviation.replace("never written", "read before logrotate cut them away")
    note = f"a racing writer: logrotate alone lost {window} lines; {'reported' if reported else 'none of them seen'}"
    lost = outcome.lost > 0 or outcome.doubled > 0
    return Outcome(
        2 * rotations, outcome.lines, outcome.lost, outcome.doubled, outcome.quarantined, outcome.memory,
        f"{note}; {there}" if there else note, outcome.deviation if lost else "",
    )  # fmt: skip


def _numbers_on_disk(folder: Path) -> set[int]:
    found = set()
    for file in folder.glob("app.log*"):
        for text in file.read_bytes().splitlines():
            if text.startswith(b"[pid: ") and text.endswith(b"on core 0)"):
                found.add(int(text.split(b"/", 1)[1].split(b"]", 1)[0]))
    return found


def rewritten(world: World) -> Outcome:
    """13: the file is rewritten with the same size, or larger."""
    writer = world.writer()
    shipper = world.shipper().start()
    for count in (500, 500, 900):
        # Numbers of one length, so that the size is the same.
        writer.next = max(10_000, writer.next)
        os.truncate(world.log, 0)
        writer.write(count)
        world.settle()
    shipper.kill()
    os.truncate(world.log, 0)
    writer.write(900)
    shipper.start()
    return world.finish(runs=4)


def deleted_while_stopped(world: World) -> Outcome:
    """14: the file is renamed and deleted while the shipper is stopped: the open handle still reads it."""
    writer = world.writer()
    shipper = world.shipper().start()
    for _ in range(world.size(20, 2)):
        writer.write(500)
        world.settle()
        shipper.signal(signal.SIGSTOP)
        writer.write(500)
        writer.rotate().unlink()
        writer.write(300)
        shipper.signal(signal.SIGCONT)
    return world.finish(runs=world.size(20, 2))


def compressed_while_down(world: World) -> Outcome:
    """15: rotated and compressed while the shipper is down: the rest is read from the .gz."""
    writer, runs = world.writer(), world.size(20, 2)
    shipper = world.shipper()
    for _ in range(runs):
        shipper.start()
        writer.write(world.dice.randrange(1, 3000))
        world.settle()
        writer.write(world.dice.randrange(1, 3000))
        shipper.kill()
        writer.write(700)
        copy = writer.rotate()
        with gzip.open(f"{copy}.gz", "wb") as packed:
            packed.write(copy.read_bytes())
        copy.unlink()
        writer.write(400)
    shipper.start()
    return world.finish(runs=runs)


def inode_again(world: World) -> Outcome:
    """16: the inode is used again after rm and create."""
    runs, reused = world.size(20, 2), 0
    writer = world.writer()
    shipper = world.shipper().start()
    for run in range(runs):
        writer.write(800)
        world.settle()
        before = os.stat(world.log).st_ino
        if run % 2:
            shipper.kill()
        world.log.unlink()
        os.close(writer.handle)
        _create_on_inode(world.log, before, 4000 if run % 2 else 1)  # an open inode is not free
        writer.handle = os.open(world.log, os.O_WRONLY | os.O_APPEND)
        reused += os.stat(world.log).st_ino == before
        writer.write(world.dice.choice((100, 800, 2000)))
        if run % 2:
            shipper.start()
    return world.finish(runs=runs, note=f"the same inode {reused} times")


def _create_on_inode(path: Path, wanted: int, tries: int) -> None:
    """Create a file, on the given inode if the file system assigns it within `tries` attempts."""
    tried: list[Path] = []
    for number in range(tries):
        tried.append(path.with_name(f"filler{number}"))
        tried[-1].touch()
        if os.stat(tried[-1]).st_ino == wanted:
            break
    tried.pop().rename(path)
    for file in tried:
        file.unlink()


def rotated_five_times(world: World) -> Outcome:
    """17: five rotations while down."""
    writer, runs = world.writer(), world.size(10, 1)
    shipper = world.shipper().start()
    for _ in range(runs):
        writer.write(500)
        world.settle()
        shipper.kill()
        for turn in range(5):
            writer.write(world.dice.randrange(1, 2000))
            if turn % 2:
                writer.rotate()
            else:
                writer.copytruncate()
        writer.write(100)
        shipper.start()
    return world.finish(runs=runs)


def many_names(world: World) -> Outcome:
    """18: a symbolic link is flipped, a hard link, wildcards that overlap."""
    one, two = world.writer("one.data"), world.writer("two.data", 100_000)
    link = world.folder / "current.log"
    link.symlink_to("one.data")
    rotated = world.writer("over.log", 200_000)
    hard = world.folder / "over-hard.log"
    os.link(world.folder / "over.log", hard)
    patterns = [link, world.folder / "over*", world.folder / "over.log*", hard]
    shipper = world.shipper(patterns).start()
    for turn in range(world.size(12, 4)):
        for writer in (one, rotated):
            writer.write(300)
        if turn % 2:
            shipper.kill()
        if turn == 1:
            one.write(50)
            link.unlink()
            link.symlink_to("two.data")
            two.write(500)
        two.write(100 if turn >= 1 else 0)
        rotated.rotate()
        rotated.write(100)
        if turn % 2:
            shipper.start()
    return world.finish()


def cut_line(world: World) -> Outcome:
    """19: a line cut at every byte, across a restart."""
    writer = world.writer()
    shipper = world.shipper()
    text = line(0)
    places = range(1, len(text)) if not world.short else sorted(world.dice.sample(range(1, len(text)), 6))
    for place in places:
        text = line(writer.next)
        writer.raw(text[:place])
        if place % 2:
            shipper.once()  # it also looks at the last, incomplete line
        else:
            _start_and_kill(shipper)
        writer.raw(text[place:])
        writer.written.add(writer.next)
        writer.next += 1
    shipper.once()
    return world.finish(runs=len(places))


def _start_and_kill(shipper: Shipper) -> None:
    shipper.start()
    shipper.kill()


def sparse_hole(world: World) -> Outcome:
    """22: a hole of 1 GiB: less than 5 CPU seconds, flat memory."""
    writer = world.writer()
    shipper = world.shipper().start()
    writer.write(1000)
    world.settle()
    idle, used = shipper.memory(), shipper.cpu_seconds()
    started = time.monotonic()
    os.truncate(world.log, os.stat(world.log).st_size + 2**30)
    writer.write(1000)
    world.settle()
    took, used = time.monotonic() - started, shipper.cpu_seconds() - used
    grown = shipper.memory() - idle
    slow = f"{used:.1f} CPU seconds" if used > 5 else ""
    large = f"memory grew by {grown} KiB" if grown > 32 * 1024 else ""
    return world.finish(note=f"{took:.1f} s, {used:.1f} CPU seconds, {grown} KiB more", deviation=slow or large)


def unreadable(world: World) -> Outcome:
    """34: the log cannot be read, then it can."""
    need_root("to drop the right to read every file")
    writer = world.writer()
    caps = "-dac_override,-dac_read_search"
    shipper = world.shipper(prefix=["setpriv", f"--bounding-set={caps}", f"--inh-caps={caps}"])
    world.log.chmod(0o200)
    writer.write(500)
    shipper.start()
    shipper.wait_for("cannot read the file")
    world.log.chmod(0o644)
    world.settle()
    writer.rotate()
    world.log.chmod(0o200)
    writer.write(500)
    shipper.kill()
    shipper.start()
    world.log.chmod(0o644)
    return world.finish()


CASES: dict[int, Callable[[World], Outcome]] = {
    11: rotate_create, 12: rotate_copytruncate, 13: rewritten, 14: deleted_while_stopped, 15: compressed_while_down,
    16: inode_again, 17: rotated_five_times, 18: many_names, 19: cut_line, 22: sparse_hole, 34: unreadable,
}  # fmt: skip
