"""Checks the locked packages against known vulnerabilities, and says honestly how far the check went.

A scanner that reaches no source finds nothing, so a pin with a known fault is scanned first: only if that one is
flagged, the result for our own locks counts. Otherwise the committed list of minimum safe versions is checked.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
LOCKS = tuple(ROOT / "requirements" / f"{name}.txt" for name in ("run", "build", "dev"))
MINIMUM = ROOT / "tools" / "minimum_safe.toml"
CONTROL = "jinja2==2.10"
"""A release with published faults (sandbox escape, CVE-2019-10906); a scanner that works flags it."""
_SECONDS = 240


class Unreachable(Exception):
    """The vulnerability service gave no answer that can be trusted."""


def pins(text: str) -> set[tuple[str, str]]:
    """Return (name, version) of every pin of a lock file."""
    return set(re.findall(r"^([a-z0-9][a-z0-9._-]*)==([^\s;\\]+)", text, re.MULTILINE))


def scan(packages: set[tuple[str, str]]) -> dict[str, list[str]]:
    """Ask the service about exactly these packages; return package -> names of its faults.

    Raises:
        Unreachable: the scanner could not finish.
    """
    with tempfile.TemporaryDirectory() as folder:
        listed = Path(folder) / "requirements.txt"
        listed.write_text("".join(f"{name}=={version}\n" for name, version in sorted(packages)))
        command = [sys.executable, "-m", "pip_audit", "-r", str(listed), "--no-deps", "--disable-pip", "--strict",
                   "--progress-spinner", "off", "--timeout", "15", "-f", "json"]  # fmt: skip
        try:
            result = subprocess.run(command, check=False, capture_output=True, text=True, timeout=_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise Unreachable from error
    try:
        answer = json.loads(result.stdout)
    except ValueError as error:
        raise Unreachable from error
    rows = answer["dependencies"]
    if len([row for row in rows if "vulns" in row]) != len(packages):
        raise Unreachable
    return {f"{row['name']} {row['version']}": [fault["id"] for fault in row["vulns"]] for row in rows if row["vulns"]}


def by_release(packages: set[tuple[str, str]]) -> list[set[tuple[str, str]]]:
    """Split packages so that no name stands in one part twice: a lock may pin by Python version."""
    parts: list[set[tuple[str, str]]] = []
    for name, version in sorted(packages):
        part = next((part for part in parts if name not in {other for other, _ in part}), None)
        if part is None:
            parts.append(part := set())
        part.add((name, version))
    return parts


def below_minimum(packages: set[tuple[str, str]], minimum: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Return a line for every package that is older than the committed list allows."""
    return [
        f"{name} {version} is older than {minimum[name]['version']} ({minimum[name]['advisory']})"
        for name, version in sorted(packages)
        if name in minimum and Version(version) < Version(minimum[name]["version"])
    ]


def is_service_working() -> bool:
    """Return whether the scanner flags the control."""
    try:
        return bool(scan(pins(CONTROL)))
    except Unreachable:
        return False


def report(faults: Sequence[str]) -> int:
    """Print the faults; return the exit code."""
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


def main() -> int:
    """Audit the locks; return 1 if a fault was found."""
    packages = set().union(*(pins(path.read_text()) for path in LOCKS))
    listed = tomllib.loads(MINIMUM.read_text())
    faults = below_minimum(packages, listed["packages"])
    if is_service_working():
        try:
            found = [row for part in by_release(packages) for row in scan(part).items()]
        except Unreachable:
            print("The vulnerability service stopped answering, so this audit is not complete.", file=sys.stderr)
            return 1
        print(f"Audited {len(packages)} locked packages; the control was flagged, {len(found)} of ours were.")
        return report([*faults, *(f"{name}: {', '.join(names)}" for name, names in found)])
    known = len({name for name, _ in packages} & set(listed["packages"]))
    print(
        "The vulnerability service cannot be reached from here, so nothing is said about new faults. Checked "
        f"{known} packages against the committed list of minimum safe versions, made of advisories up to "
        f"{listed['covers_until']}."
    )
    return report(faults)


if __name__ == "__main__":
    sys.exit(main())
