"""Credentials come from the environment or a file of the owner alone, and no text ever shows one."""

from __future__ import annotations

from pathlib import Path

import pytest

from surveys.errors import Refused
from surveys.services.connections.credentials import (
    Credential,
    check_host,
    credential_file,
    has_credential,
    read_credential,
    variable,
)

NAME = "jira-main"


def write(key_dir: Path, text: str, *, mode: int = 0o600) -> None:
    path = credential_file(NAME, key_dir)
    path.parent.mkdir(mode=0o700)
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)


def test_the_environment_comes_before_the_file(tmp_path: Path) -> None:
    assert variable(NAME) == "BAROGRAPH_CONNECTION_JIRA_MAIN_TOKEN"
    write(tmp_path, 'token = "from-file"\nemail = "a@x.org"\n')
    assert read_credential(NAME, environ={}, key_dir=tmp_path).token == "from-file"
    environ = {variable(NAME): " from-environment ", variable(NAME, "EMAIL"): "b@x.org"}
    found = read_credential(NAME, environ=environ, key_dir=tmp_path)
    assert (found.token, found.email) == ("from-environment", "b@x.org")
    assert "from" not in repr(found)
    assert "x.org" not in repr(found)
    assert has_credential(NAME, environ={}, key_dir=tmp_path)


def test_without_one_the_sentence_says_where_to_put_it(tmp_path: Path) -> None:
    assert not has_credential(NAME, environ={}, key_dir=tmp_path)
    with pytest.raises(Refused, match="BAROGRAPH_CONNECTION_JIRA_MAIN_TOKEN"):
        read_credential(NAME, environ={}, key_dir=tmp_path)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_a_file_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    write(tmp_path, 'token = "secret"\n', mode=mode)
    with pytest.raises(Refused, match="open to others"):
        read_credential(NAME, environ={}, key_dir=tmp_path)


def test_a_folder_that_others_may_read_is_refused(tmp_path: Path) -> None:
    write(tmp_path, 'token = "secret"\n')
    credential_file(NAME, tmp_path).parent.chmod(0o755)
    with pytest.raises(Refused, match="chmod 700"):
        read_credential(NAME, environ={}, key_dir=tmp_path)


@pytest.mark.parametrize("text", ['token = "secret', "token = 5", 'token = "secret"\nother = 1', "\xff", 'email = "x"'])
def test_a_file_of_another_form_is_refused_and_nothing_of_it_is_repeated(tmp_path: Path, text: str) -> None:
    write(tmp_path, text)
    with pytest.raises(Refused) as refused:
        read_credential(NAME, environ={}, key_dir=tmp_path)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("token", ["a b", "line\nX-Evil: 1", "clé", "x" * 5000])
def test_a_token_with_signs_that_no_token_has_is_refused_without_being_repeated(tmp_path: Path, token: str) -> None:
    with pytest.raises(Refused) as refused:
        read_credential(NAME, environ={variable(NAME): token}, key_dir=tmp_path)
    assert token not in str(refused.value)


def test_a_credential_may_name_the_only_host_that_gets_it(tmp_path: Path) -> None:
    write(tmp_path, 'token = "secret"\nhost = "Jira.example.org"\n')
    found = read_credential(NAME, environ={}, key_dir=tmp_path)
    check_host(NAME, found, host="jira.example.org", port=443)
    with pytest.raises(Refused, match=r"is for jira\.example\.org, so api\.github\.com was not asked") as refused:
        check_host(NAME, found, host="api.github.com", port=443)
    assert "secret" not in str(refused.value)
    environ = {variable(NAME): "t", variable(NAME, "HOST"): "jira.example.org:8443"}
    found = read_credential(NAME, environ=environ, key_dir=tmp_path)
    check_host(NAME, found, host="jira.example.org", port=8443)
    with pytest.raises(Refused):
        check_host(NAME, found, host="jira.example.org", port=443)
    check_host(NAME, Credential(token="t"), host="any.example.org", port=443)


@pytest.mark.parametrize("name", ["../x", "A", "", "a/b", "x" * 41, "jira\n"])
def test_a_name_that_would_leave_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(Refused):
        read_credential(name, environ={}, key_dir=tmp_path)
