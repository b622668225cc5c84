"""Only exact hosts of the operator's list are asked, over HTTPS, and only where they lie in the public network."""

from __future__ import annotations

import pytest

from surveys.errors import Refused
from surveys.services.connections.allowed import AllowedHost, _is_host, check_address, may_be_asked, read_hosts

HOSTS = read_hosts("api.github.com, Example.atlassian.net private:127.0.0.1:8080 jira.example.org:8443")


def test_the_list_takes_names_ports_and_hosts_of_the_own_network() -> None:
    assert (
        AllowedHost(host="api.github.com"),
        AllowedHost(host="example.atlassian.net"),
        AllowedHost(host="127.0.0.1", port=8080, is_private=True),
        AllowedHost(host="jira.example.org", port=8443),
    ) == HOSTS
    assert read_hosts("  ") == ()
    assert read_hosts("[::1]:99") == (AllowedHost(host="::1", port=99),)


@pytest.mark.parametrize(
    "entry",
    ["https://api.github.com", "*.atlassian.net", "user@host", "a/b", "a:99999", "-x.org", "2130706433", "0x7f.1"],
)
def test_what_is_no_host_is_refused_by_name(entry: str) -> None:
    with pytest.raises(Refused, match="is no host"):
        read_hosts(f"api.github.com {entry}")


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("https://api.github.com", "https://api.github.com"),
        (" HTTPS://API.github.com:443/ ", "https://api.github.com"),
        ("https://jira.example.org:8443/jira/", "https://jira.example.org:8443/jira"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
    ],
)
def test_an_address_is_put_together_again_from_its_parts(address: str, url: str) -> None:
    assert check_address(address, HOSTS).url == url


@pytest.mark.parametrize("address", ["10.0.0.1", "100.64.0.1", "100.127.255.254", "192.168.1.1", "fd00::1", "::1"])
def test_addresses_of_the_own_network_may_be_asked_where_that_is_allowed(address: str) -> None:
    assert may_be_asked(address, is_private=True)


def test_a_line_end_is_no_end_of_a_host() -> None:
    assert not _is_host("api.github.com\n")


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("https://evil.example", "not on the list"),
        ("https://api.github.com.evil.example", "not on the list"),
        ("https://xapi.github.com", "not on the list"),
        ("https://api.github.com:8443", "not on the list"),
        ("https://127.0.0.1", "not on the list"),
        ("http://api.github.com", "not on the list"),
        ("https://api.github.com@evil.example", "not plain"),
        ("https://evil.example\\@api.github.com", "not plain"),
        ("https://api.github.com?x=secret", "not plain"),
        ("https://api.github.com#x", "not plain"),
        ("https://api.github.com/../x", "not plain"),
        ("https://api.github.com//evil.example", "not plain"),
        ("https://api.github.com/%2e%2e", "not plain"),
        ("https://аpi.github.com", "not plain"),
        ("ftp://api.github.com", "not plain"),
        ("file:///etc/passwd", "not plain"),
        ("//api.github.com", "not plain"),
        ("", "not plain"),
        ("https://[::1", "not plain"),
    ],
)
def test_every_other_address_is_refused(address: str, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        check_address(address, HOSTS)


def test_without_encryption_only_this_machine_is_asked() -> None:
    with pytest.raises(Refused, match="https://"):
        check_address("http://jira.example.org", read_hosts("private:jira.example.org:80"))


def test_a_refusal_repeats_no_credential() -> None:
    with pytest.raises(Refused) as refused:
        check_address("https://me:secret@api.github.com?token=secret", HOSTS)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("address", ["140.82.121.6", "2606:50c0:8000::153", "64:ff9b::8c52:7906"])
def test_public_addresses_may_be_asked(address: str) -> None:
    assert may_be_asked(address, is_private=False)


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.8.8.8", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "::1", "fd00::1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::", "64:ff9b::7f00:1", "64:ff9b::a00:1"),
    ],
)
def test_addresses_of_the_own_network_need_to_be_allowed(address: str) -> None:
    assert not may_be_asked(address, is_private=False)


@pytest.mark.parametrize(
    "address",
    [
        *("192.0.0.192", "168.63.129.16", "100.100.100.200", "fd00:ec2::254", "::ffff:168.63.129.16"),
        *("169.254.169.254", "::ffff:169.254.169.254", "fe80::1", "fe80::1%eth0", "64:ff9b::a9fe:a9fe"),
        *("0.0.0.0", "::", "224.0.0.1", "ff02::1", "240.0.0.1", "255.255.255.255", "not an address"),  # noqa: S104 - bound to nothing
    ],
)
def test_addresses_of_the_link_and_reserved_ones_never_are_asked(address: str) -> None:
    assert not may_be_asked(address, is_private=False)
    assert not may_be_asked(address, is_private=True)
