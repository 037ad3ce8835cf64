"""Links that were planted, and a token that must not leak: cases 33 and 35."""

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.faults.oracle import Outcome
from tests.faults.world import World
from tests.support import proxy as modes
from tests.support.network import fetch, free_port
from tests.support.shipper import Shipper
from tests.support.waiting import wait_until


def planted_links(world: World) -> Outcome:
    """33: symbolic links planted at the paths of state, temporary file and quarantine: the target is untouched."""
    writer = world.writer()
    target = world.folder / "precious"
    target.write_text("precious")
    before = os.stat(target)
    shipper = world.shipper()
    writer.write(300)
    writer.raw(b"[pid: this is not a request\n")
    shipper.once()
    deviation = ""
    files = [file for file in shipper.state.rglob("*") if file.is_file()]
    if any(file.stat().st_mode & 0o077 for file in files):
        deviation = "others may read the state"
    places = {place for file in files for place in (file, file.with_suffix(".tmp"), file.with_name(f"{file.name}.old"))}
    chosen = sorted(places) if not world.short else world.dice.sample(sorted(places), 3)
    for place in chosen:
        kept = place.read_bytes() if place.exists() else None
        place.unlink(missing_ok=True)
        place.symlink_to(target)
        writer.write(50)
        writer.raw(f"[pid: {place.name} no request\n".encode())
        _run_for_a_while(world, shipper)
        if os.path.islink(place):
            place.unlink()
        if kept is not None and not place.exists():
            place.write_bytes(kept)
            place.chmod(0o600)
    shipper.once()
    after = os.stat(target)
    if target.read_text() != "precious" or (after.st_mtime_ns, after.st_mode) != (before.st_mtime_ns, before.st_mode):
        deviation = "the target was touched"
    folder = world.folder / "elsewhere"
    folder.mkdir()
    linked = world.shipper(state=world.folder / "linked")
    (world.folder / "linked").symlink_to(folder)
    if linked.once(check=False).returncode != 2 or any(folder.iterdir()):
        deviation = "a state folder that is a link was used"
    return world.finish(bad=None, runs=len(chosen) + 1, deviation=deviation)


def _run_for_a_while(world: World, shipper: Shipper) -> None:
    """Run until everything is shipped, or until the shipper reports an obstacle."""
    try:
        shipper.start()
    except RuntimeError:
        return  # refused, since its lock is a link
    said = shipper.said("cannot write")
    wait_until(lambda: shipper.said("cannot write") > said or world.count() == len(world.written()))
    shipper.stop()


TOKEN = "tok-4fJ9xQ-never-to-be-seen"


def no_leak(world: World) -> Outcome:
    """35: a token that must not leak: logs at debug, tracebacks, process list, metrics, quarantine."""
    proxy, writer = world.proxy(), world.writer()
    metrics = f"127.0.0.1:{free_port()}"
    secret = world.folder / "token"
    secret.write_text(f"{TOKEN}\n")
    secret.chmod(0o600)
    seen: list[str] = []
    away = modes.answer(307, "Location: http://127.0.0.1:9/")
    ways = (modes.answer(401), modes.answer(500), away, modes.refuse)[: world.size(4, 2)]
    output = (
        f'[[outputs.influxdb_v2]]\nurls = ["{proxy.url}"]\nbucket = "b"\norganization = "o"\ntoken_file = "{secret}"\n'
    )
    from_environment = output.replace(f'token_file = "{secret}"', 'token = "$INFLUX_TOKEN"')
    shipper = world.shipper(output=output, agent="debug = true", metrics=metrics)
    writer.write(100)
    for number, text in enumerate((output, from_environment)):
        shipper.output = text
        shipper.env = {"INFLUX_TOKEN": TOKEN} if number else {}
        shipper.write_config()
        for mode in ways:
            proxy.mode = mode
            before = proxy.requests
            shipper.start()
            wait_until(lambda before=before: proxy.requests > before)  # type: ignore[misc]
            seen.append(Path(f"/proc/{shipper.pid}/cmdline").read_text())
            seen.append(subprocess.run(["ps", "axww"], capture_output=True, text=True, check=True).stdout)
            seen.append(fetch(f"http://{metrics}/metrics")[1].decode())
            seen.append(fetch(f"http://{metrics}/healthz")[1].decode())
            shipper.signal(signal.SIGINT)
            shipper.stop()
    shipper.output = output.replace("bucket", "bukcet")
    shipper.write_config()
    seen.append(shipper.once(check=False).stderr)
    secret.chmod(0o644)
    shipper.output = output
    shipper.write_config()
    refused = shipper.once(check=False)
    seen.append(refused.stderr)
    seen += [file.read_text(errors="replace") for file in shipper.state.rglob("*") if file.is_file()]
    seen.append(shipper.output_text())
    leaks = sum(TOKEN in text for text in seen)
    deviation = f"the token in {leaks} places" if leaks else ""
    if refused.returncode != 2:
        deviation = "a token file that others may read was taken"
    return Outcome(
        runs=2 * len(ways), lines=100, deviation=deviation, note=f"{len(seen)} outputs searched", memory=shipper.peak
    )


CASES: dict[int, Callable[[World], Outcome]] = {33: planted_links, 35: no_leak}
