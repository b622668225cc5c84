"""The key folder: the installation key and one private key per open wave, as files of mode 600.

The folder lies outside the data folder and is never part of a backup. From the installation key come the link
secrets and the key pair that evaluates ballot papers. A wave key is overwritten and unlinked after the count; a
copy-on-write file system or a machine snapshot may keep what was written before.
"""

from __future__ import annotations

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from surveys.ballots import tokens
from surveys.ballots.poprf import KeyPair
from surveys.errors import Refused

_INSTALLATION = "installation.key"
_KEY_BYTES = 32
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class KeyStore:
    """Reads, makes and destroys the key files of one installation."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._pair: KeyPair | None = None

    def prepare(self) -> None:
        """Make the folder and the installation key where they are absent; an empty folder becomes the owner's alone."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not any(self.folder.iterdir()):
            self.folder.chmod(0o700)
        if not (self.folder / _INSTALLATION).exists():
            _write_once(self.folder / _INSTALLATION, secrets.token_bytes(_KEY_BYTES))

    def check(self) -> None:
        """Refuse a missing folder, a missing installation key, and a folder or files that others may touch.

        Raises:
            Refused: the sentence names the file and the remedy.
        """
        if not self.folder.is_dir():
            raise Refused(
                "There is no key folder {folder}. Set BAROGRAPH_KEY_DIR to the folder of this installation, "
                "or run: barograph init",
                folder=str(self.folder),
            )
        if self.folder.stat().st_mode & _OTHERS:
            raise Refused("The key folder {folder} is open to others. Run: chmod 700 {folder}", folder=str(self.folder))
        if not (self.folder / _INSTALLATION).is_file():
            raise Refused(
                "There is no installation key in {folder}. Set BAROGRAPH_KEY_DIR to the folder of this installation, "
                "or run: barograph init",
                folder=str(self.folder),
            )
        for path in sorted((*self.folder.glob("*.key"), *self.folder.glob("*.new"))):
            if path.stat().st_mode & _OTHERS:
                raise Refused("The key file {file} is open to others. Run: chmod 600 {file}", file=str(path))

    def installation_key(self) -> bytes:
        """Return the 32 bytes from which link secrets and hashes of people are derived."""
        return _read(self.folder / _INSTALLATION)

    def ballot_key(self) -> KeyPair:
        """Return the key pair that evaluates ballot papers; derived once from the installation key."""
        if self._pair is None:
            self._pair = tokens.installation_pair(self.installation_key())
        return self._pair

    def public_key_hex(self) -> str:
        """Return the public half of :meth:`ballot_key` as hex; it names this installation without telling its key."""
        return self.ballot_key().public.hex()

    def named_secret(self, name: str) -> str:
        """Return a secret of the program kept beside the keys, made on first use."""
        path = self.folder / f"{name}.key"
        if not path.exists():
            _write_once(path, secrets.token_bytes(_KEY_BYTES))
        return _read(path).hex()

    def add_wave_key(self, wave: str, private_key: bytes) -> None:
        """Store a new wave key durably; a file left by an interrupted opening is replaced."""
        path = self._wave_path(wave)
        self._shred(path)
        _write_new(path, private_key)

    def wave_key(self, wave: str) -> bytes:
        """Return the private key of a wave.

        Raises:
            Refused: the file is gone, so that the ballots of the wave cannot be opened by anybody.
        """
        path = self._wave_path(wave)
        if not path.is_file():
            raise Refused(
                "The key of wave {wave} is not in {folder}. Without it nobody can open its ballots; "
                "restore the key folder, or withdraw the wave.",
                wave=wave,
                folder=str(self.folder),
            )
        return _read(path)

    def has_wave_key(self, wave: str) -> bool:
        """Tell whether the private key of a wave still exists."""
        return self._wave_path(wave).exists()

    def destroy_wave_key(self, wave: str) -> None:
        """Overwrite and unlink the key of a wave; does nothing where it is already gone."""
        self._shred(self._wave_path(wave))
        if self.has_wave_key(wave):
            raise Refused("The key file of wave {wave} could not be removed.", wave=wave)

    def _wave_path(self, wave: str) -> Path:
        return self.folder / f"wave-{wave}.key"

    def _shred(self, path: Path) -> None:
        try:
            stream = path.open("r+b")
        except FileNotFoundError:  # never made, or destroyed by another worker
            return
        with stream:
            for pattern in (secrets.token_bytes(_KEY_BYTES), bytes(_KEY_BYTES)):
                stream.seek(0)
                stream.write(pattern)
                stream.flush()
                os.fsync(stream.fileno())
        path.unlink(missing_ok=True)
        _sync_folder(self.folder)


def _read(path: Path) -> bytes:
    key = path.read_bytes()
    if len(key) != _KEY_BYTES:
        raise Refused("The key file {file} is damaged: it must hold 32 bytes.", file=str(path))
    return key


def _write_new(path: Path, content: bytes) -> None:
    """Write beside and rename, so that a crash leaves either no key or a whole one; a key that is there is replaced."""
    beside = path.with_suffix(".new")
    beside.unlink(missing_ok=True)
    _write(beside, content)
    beside.rename(path)
    _sync_folder(path.parent)


def _write_once(path: Path, content: bytes) -> None:
    """Like :func:`_write_new`, but the first of several processes wins and the others find its key."""
    beside = path.with_name(f"{path.stem}.{secrets.token_hex(4)}.new")
    _write(beside, content)
    try:
        with suppress(FileExistsError):
            path.hardlink_to(beside)
    finally:
        beside.unlink()
    _sync_folder(path.parent)


def _write(path: Path, content: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(handle, content)
        os.fsync(handle)
    finally:
        os.close(handle)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
