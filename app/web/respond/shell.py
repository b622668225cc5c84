"""Serves the answer page and its files: the same bytes to everybody, as frozen for the open waves, without a cookie."""

from __future__ import annotations

import functools
import gzip
import re
from pathlib import PurePosixPath

from flask import Blueprint, Response, abort, make_response, request

from app import answer_page
from app.extensions import Database
from app.security import POLICY
from surveys.store import answer_files
from surveys.store.answer_files import PageFile

POLICY_HERE = f"{POLICY}; connect-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'"
"""The policy of the answer page: its script may talk to this server, and writes no markup from text."""

_SHA256 = re.compile(r"[0-9a-f]{64}")
_A_YEAR = "public, max-age=31536000, immutable"


def make_blueprint(database: Database) -> Blueprint:
    """Return the answer page of one installation."""
    blueprint = Blueprint("shell", __name__)

    @blueprint.get("/answer")
    def answer() -> Response:
        with database.reading() as session:
            page = answer_page.in_use(session).page
        response = _serve(page)
        response.headers["Content-Security-Policy"] = POLICY_HERE
        return response

    @blueprint.get("/answer/files/<name>")
    def file(name: str) -> Response:
        sha256 = PurePosixPath(name).stem
        found = next((each for each in answer_page.current().files if each.sha256 == sha256), None)
        if found is None and _SHA256.fullmatch(sha256):
            with database.reading() as session:
                found = answer_files.find_file(session, sha256)
        if found is None or found.media_type == answer_files.PAGE_TYPE:
            abort(404)
        response = _serve(found)
        response.headers["Cache-Control"] = _A_YEAR
        return response

    return blueprint


def _serve(file: PageFile) -> Response:
    takes_gzip = request.accept_encodings["gzip"] > 0
    response = make_response(_packed(file) if takes_gzip else file.content)
    response.content_type = f"{file.media_type}; charset=utf-8"
    response.headers["Vary"] = "Accept-Encoding"
    if takes_gzip:
        response.headers["Content-Encoding"] = "gzip"
    return response


@functools.lru_cache(maxsize=16)
def _packed(file: PageFile) -> bytes:
    return gzip.compress(file.content, 9, mtime=0)
