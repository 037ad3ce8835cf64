"""Debian packages that the project's programs come from, and installing those that are missing."""

import os
import shutil
import subprocess
from collections.abc import Mapping

# A program that has to be there -> the package that brings it.
FOR_TESTS: Mapping[str, str] = {
    "ab": "apache2-utils",
    "chromedriver": "chromium-driver",
    "chromium": "chromium",
    "faketime": "faketime",
    "influxd": "influxdb",
    "ip": "iproute2",
    "logrotate": "logrotate",
    "nginx": "nginx-light",
    "promtool": "prometheus",
    "strace": "strace",
    "wrk": "wrk",
}
PLACES = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])


class SetUpError(Exception):
    """Something has to be installed first; the message is one line with the command that does it."""


def missing_packages(programs: Mapping[str, str]) -> list[str]:
    """Return the packages of those programs that this machine lacks."""
    return sorted({package for name, package in programs.items() if not shutil.which(name, path=PLACES)})


def as_root() -> list[str] | None:
    """Return what to put before a command to run it as root ([] or sudo), or None where neither goes."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo"):
        asked = subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False)
        return ["sudo", "-n"] if asked.returncode == 0 else None
    return None


def install(packages: list[str], why: str) -> None:
    """Install the packages as root or by sudo; otherwise raise SetUpError with the command."""
    command = f"sudo apt-get install {' '.join(packages)}"
    prefix = as_root()
    if prefix is None or not shutil.which("apt-get"):
        raise SetUpError(f"{why}; fix it with: {command}")
    print(f"{why}: installing {' '.join(packages)}", flush=True)
    # DPkg::Lock::Timeout waits for another apt that may be running, and RUNLEVEL keeps
    # init scripts from starting the servers: the tests start their own.
    apt = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1", "apt-get", "-qq"]
    apt += ["-o", "DPkg::Lock::Timeout=120"]
    for arguments in (["update"], ["install", "--yes", "--no-install-recommends", *packages]):
        done = subprocess.run([*apt, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if done.returncode:
            reason = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
            raise SetUpError(f"{why}, and apt-get {arguments[0]} failed ({' '.join(reason)}); fix it with: {command}")
