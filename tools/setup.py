"""Turns a fresh clone into a working one: .venv, locked packages, system packages, fonts, script; safe to repeat.

``run`` installs what the program needs, ``test`` also what tests and checks need. Every step says one line when it
does something and nothing when there is nothing to do. It uses the standard library only.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.programs import find_chromium, find_postgres, has_library

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOG = VENV / "setup.log"
LOCKS = {"run": ("run", "build"), "test": ("dev", "build")}


class Stop(Exception):
    """Set-up cannot go on; the message is the one sentence the person reads."""


@dataclass(frozen=True)
class Need:
    """One thing of the operating system: how to see that it is there, and who provides it."""

    what: str
    is_there: Callable[[], bool]
    debian: tuple[str, ...]
    brew: str


def _library(name: str, package: str) -> Need:
    return Need(name, lambda: has_library(name), (package,), "pango")


def _program(name: str, package: str, brew: str) -> Need:
    return Need(name, lambda: shutil.which(name) is not None, (package,), brew)


LINUX_PDF = (
    _library("libpango-1.0.so.0", "libpango-1.0-0"),
    _library("libpangoft2-1.0.so.0", "libpangoft2-1.0-0"),
    _library("libharfbuzz-subset.so.0", "libharfbuzz-subset0"),
)
LINUX_TESTS = (_library("libatomic.so.1", "libatomic1"),)  # the Node inside Playwright's wheel asks for it
FOR_TESTS = (
    Need("PostgreSQL", lambda: find_postgres() is not None, ("postgresql",), "postgresql@17"),
    Need("Chromium", lambda: find_chromium() is not None, ("chromium",), "--cask chromium"),
    _program("pdftotext", "poppler-utils", "poppler"),
    _program("fc-list", "fontconfig", "fontconfig"),
)


def say(text: str) -> None:
    """Print one line at once."""
    print(text, flush=True)


def ensure_venv() -> None:
    """Create .venv with the Python that runs this script, unless a usable one is there."""
    if PYTHON.exists() and _runs([str(PYTHON), "-m", "pip", "--version"]):
        return
    if importlib.util.find_spec("ensurepip") is None:
        package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
        # Debian's python3 is the only one that keeps venv in a package of its own.
        missing = Need("Python's venv module", lambda: False, (package,), "python@3.13")
        install_system_packages([missing])
    say(f"Creating .venv with Python {sys.version_info.major}.{sys.version_info.minor}.")
    result = subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], check=False, capture_output=True)
    if result.returncode:
        raise Stop("Python could not create .venv; install its venv and ensurepip modules, then run this again.")


def _runs(command: Sequence[str]) -> bool:
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def ensure_packages(level: str) -> None:
    """Install the locked packages of ``level`` with their hashes, and the ``barograph`` command on top."""
    if any(_stamp(known).exists() and _stamp(known).read_text() == _state(known) for known in _covering(level)):
        return
    files = [ROOT / "requirements" / f"{name}.txt" for name in LOCKS[level]]
    total = sum(_count(path) for path in files)
    say(f"Installing about {total} locked Python packages into .venv; this takes a minute or two the first time.")
    command = ["install", "--require-hashes", *(part for path in files for part in ("-r", str(path)))]
    _pip(command, "Python packages could not be installed", total)
    _pip(["install", "--no-index", "--no-deps", "--no-build-isolation", "-e", str(ROOT)], "barograph was not installed")
    _stamp(level).write_text(_state(level))


def _covering(level: str) -> tuple[str, ...]:
    return ("run", "test") if level == "run" else ("test",)


def _stamp(level: str) -> Path:
    return VENV / f"installed-{level}"


def _state(level: str) -> str:
    digest = hashlib.sha256(sys.version.encode())
    for name in LOCKS[level]:
        digest.update((ROOT / "requirements" / f"{name}.txt").read_bytes())
    digest.update((ROOT / "pyproject.toml").read_bytes())  # the barograph command is declared there
    return digest.hexdigest()


def _count(path: Path) -> int:
    lines = path.read_text().splitlines()
    return len({line.split("==")[0] for line in lines if "==" in line and not line.startswith((" ", "#"))})


def _pip(arguments: Sequence[str], failure: str, total: int = 0) -> None:
    command = [str(PYTHON), "-m", "pip", "--no-input", "--disable-pip-version-check", *arguments]
    is_terminal = sys.stdout.isatty()
    done, reason = 0, ""
    with (
        LOG.open("a") as log,
        subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT
        ) as process,
    ):
        for line in process.stdout or ():
            log.write(line)
            if line.startswith("Collecting "):
                done += 1
                if is_terminal and total:
                    print(f"\r  {min(done, total)} of {total}", end="", flush=True)
            elif line.startswith("ERROR: "):
                reason = reason or line[7:].strip()
    if is_terminal and done:
        print()
    if process.returncode:
        raise Stop(f"{failure}: {reason or 'pip failed'} (details in {LOG.relative_to(ROOT)}).")


def ensure_system(needs: Sequence[Need]) -> None:
    """Install what is missing of ``needs`` and check that it is there afterwards."""
    missing = [need for need in needs if not need.is_there()]
    if not missing:
        return
    install_system_packages(missing)
    still = [need for need in missing if not need.is_there()]
    if still:
        names = ", ".join(need.what for need in still)
        raise Stop(f"The system packages were installed, but these are still not found: {names}.")


def install_system_packages(needs: Sequence[Need]) -> None:
    """Install the Debian packages of ``needs``; where that cannot be done, stop and say what to install."""
    packages = sorted({package for need in needs for package in need.debian})
    listed = " ".join(packages)
    if sys.platform == "darwin":
        brews = " && ".join(f"brew install {name}" for name in dict.fromkeys(need.brew for need in needs))
        raise Stop(f"Some system packages are missing; run this first: {brews}")
    if shutil.which("apt-get") is None:
        names = ", ".join(need.what for need in needs)
        raise Stop(f"These are missing and apt-get is not here, so install them your system's way: {names}.")
    prefix = _as_administrator()
    if prefix is None:
        raise Stop(f"System packages are missing; as administrator run this first: apt-get install {listed}")
    say(f"Installing system packages with apt-get: {listed}.")
    install = [*prefix, "apt-get", "install", "-y", "-q", "--no-install-recommends", *packages]
    if not _apt(install) and not (_apt([*prefix, "apt-get", "update", "-q"]) and _apt(install)):
        raise Stop(f"apt-get could not install {listed}; its words are in {_apt_log()}.")


def _as_administrator() -> list[str] | None:
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") is None:
        return None
    if _runs(["sudo", "-n", "true"]):
        return ["sudo", "-n"]
    return ["sudo"] if sys.stdin.isatty() else None


def _apt_log() -> Path:
    # Before .venv exists there is no place of our own yet.
    return LOG if VENV.exists() else Path(tempfile.gettempdir()) / "barograph-setup.log"


def _apt(command: Sequence[str]) -> bool:
    # sudo drops the environment, so the setting travels in the command; a password prompt needs standard input.
    start = command.index("apt-get")
    quiet = [*command[:start], "env", "DEBIAN_FRONTEND=noninteractive", *command[start:]]
    stdin = None if command[:start] == ["sudo"] else subprocess.DEVNULL
    with _apt_log().open("a") as log:
        return subprocess.run(quiet, check=False, stdin=stdin, stdout=log, stderr=log).returncode == 0


def ensure_pdf() -> None:
    """See that WeasyPrint can load its libraries."""
    if sys.platform == "linux":
        ensure_system(LINUX_PDF)
    if not _stamp("pdf").exists():
        pango = Need("Pango", lambda: _runs([str(PYTHON), "-c", "import weasyprint"]), ("libpango-1.0-0",), "pango")
        ensure_system([pango])
        _stamp("pdf").touch()


def ensure_assets(level: str) -> None:
    """Build fonts and ballot script, and for the tests unpack the accessibility checker, with their own tool."""
    command = [str(PYTHON), "-m", "tools.assets", *(["--tests"] if level == "test" else [])]
    if subprocess.run(command, check=False, stdin=subprocess.DEVNULL, cwd=ROOT).returncode:
        raise Stop("The fonts and the ballot script could not be built; the line above says why.")


def main(arguments: Sequence[str]) -> int:
    """Run the steps of one level; return 0, or 1 after one sentence on standard error, or 2 for wrong usage."""
    if len(arguments) != 1 or arguments[0] not in LOCKS:
        say("Usage: tools/setup.sh run|test")
        return 2
    level = arguments[0]
    try:
        ensure_venv()
        ensure_packages(level)
        ensure_pdf()
        if level == "test":
            ensure_system([*(LINUX_TESTS if sys.platform == "linux" else ()), *FOR_TESTS])
        ensure_assets(level)
    except Stop as stop:
        print(str(stop), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        sys.exit(main(sys.argv[1:]))
    sys.exit(130)
