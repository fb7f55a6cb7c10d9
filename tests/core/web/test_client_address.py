"""Is a client's address only believed when a trusted proxy gives it?"""

import ipaddress

import pytest
from aiohttp.test_utils import make_mocked_request
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from refdesk.core.settings import WebSettings, parse
from refdesk.core.web.client_address import client_address
from refdesk.errors import SettingsError

PROXIES = ["10.0.0.0/8", "192.0.2.1", "fd00::/8"]


def seen(remote: str, *forwarded: str, proxies: list[str] = PROXIES) -> str:
    headers = CIMultiDict([("X-Forwarded-For", line) for line in forwarded])
    request = make_mocked_request("GET", "/").clone(remote=remote, headers=headers)
    return client_address(request, proxies)


@pytest.mark.parametrize(
    ("remote", "forwarded", "address"),
    [
        ("203.0.113.5", [], "203.0.113.5"),
        ("203.0.113.5", ["198.51.100.1"], "203.0.113.5"),
        ("10.1.2.3", [], "10.1.2.3"),
        ("10.1.2.3", ["198.51.100.1"], "198.51.100.1"),
        ("10.1.2.3", ["6.6.6.6, 198.51.100.1"], "198.51.100.1"),
        ("10.1.2.3", ["198.51.100.1, 10.9.9.9, 192.0.2.1"], "198.51.100.1"),
        ("10.1.2.3", ["6.6.6.6", "198.51.100.1"], "198.51.100.1"),
        ("10.1.2.3", ["10.0.0.1, 10.0.0.2"], "10.0.0.1"),
        ("10.1.2.3", ["nonsense"], "10.1.2.3"),
        ("10.1.2.3", ["198.51.100.1, nonsense"], "10.1.2.3"),
        ("10.1.2.3", [""], "10.1.2.3"),
        ("10.1.2.3", ["198.51.100.1:4711"], "198.51.100.1"),
        ("10.1.2.3", ["[2001:db8::1]:4711"], "2001:db8::1"),
        ("::ffff:10.1.2.3", ["2001:db8::1"], "2001:db8::1"),
        ("fd00::1", ["::ffff:198.51.100.1"], "198.51.100.1"),
        ("", ["198.51.100.1"], "unknown"),
    ],
)
def test_addresses(remote: str, forwarded: list[str], address: str) -> None:
    assert seen(remote, *forwarded) == address


def test_without_trusted_proxies_the_header_means_nothing() -> None:
    assert seen("10.1.2.3", "198.51.100.1", proxies=[]) == "10.1.2.3"


@given(st.lists(st.ip_addresses().map(str), max_size=5), st.ip_addresses())
def test_whatever_a_client_writes_before_it_the_last_untrusted_address_counts(
    invented: list[str], client: ipaddress.IPv4Address | ipaddress.IPv6Address
) -> None:
    networks = [ipaddress.ip_network(proxy) for proxy in PROXIES]
    client = getattr(client, "ipv4_mapped", None) or client
    if not any(client in network for network in networks):
        assert seen("10.1.2.3", ", ".join([*invented, str(client)])) == str(client)


@pytest.mark.parametrize("proxy", ["nonsense", "10.0.0.0/33", "", "proxy.example.edu"])
def test_a_trusted_proxy_that_is_no_address_stops_the_start(proxy: str) -> None:
    with pytest.raises(SettingsError, match="addresses or networks"):
        parse(WebSettings, {"trusted_proxies": [proxy]}, "web")
