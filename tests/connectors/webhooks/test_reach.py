"""Which URLs and addresses are refused, and which are not."""

from ipaddress import ip_address, ip_network

import pytest

from connectors.webhooks.reach import Reach

FAR = Reach()
NEAR = Reach(loopback=True)

REFUSED = """
0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.127.255.254 127.0.0.1 127.8.8.8
169.254.0.1 169.254.169.254 169.254.170.2 172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.192 192.0.2.7
192.88.99.1 192.168.1.1 198.18.0.1 198.19.255.255 198.51.100.9 203.0.113.9 224.0.0.1
239.255.255.250 240.0.0.1 255.255.255.255 168.63.129.16 100.100.100.200
:: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:1.1.1.1 ::ffff:0:1.1.1.1
64:ff9b::7f00:1 64:ff9b::1.1.1.1 64:ff9b:1::a00:1 100::1 2001::1
2001:0:4136:e378:8000:63bf:3fff:fdd2
2001:10::1 2001:20::1 2001:db8::1 2002:7f00:1:: 2002:101:101:: 3fff::1 4000::1 5f00::1
fc00::1 fd00:ec2::254 fd12:3456::1 fe80::1 fec0::1 ff02::1
""".split()
ALLOWED = """
1.1.1.1 8.8.8.8 93.184.216.34 100.63.255.255 100.128.0.1 172.15.255.255 172.32.0.1 192.0.1.1
198.17.255.255 198.20.0.1 223.255.255.255 2606:4700::1111 2a00:1450:4001::200e 2400:cb00::1
""".split()


@pytest.mark.parametrize("text", REFUSED)
def test_an_address_of_the_inside_is_refused_as_an_address_and_in_a_url(text: str) -> None:
    address = ip_address(text)
    assert FAR.why_refused(address, 443)
    host = f"[{text}]" if ":" in text else text
    assert FAR.check_url(f"https://{host}/hook")


@pytest.mark.parametrize("text", ALLOWED)
def test_an_address_of_the_public_internet_is_allowed(text: str) -> None:
    assert FAR.why_refused(ip_address(text), 443) is None
    host = f"[{text}]" if ":" in text else text
    assert FAR.check_url(f"https://{host}/hook") is None


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://hooks.example.com/", "expected https://"),
        ("ftp://hooks.example.com/", "no URL of a receiver"),
        ("hooks.example.com/in", "no URL of a receiver"),
        ("https:///in", "no URL of a receiver"),
        ("https://", "no URL of a receiver"),
        ("https://me:secret@hooks.example.com/", "name or a password"),
        ("https://me@hooks.example.com/", "name or a password"),
        ("https://@hooks.example.com/", "name or a password"),
        ("https://hooks.example.com:8443/", "port 8443 is not allowed"),
        ("https://hooks.example.com:22/", "port 22 is not allowed"),
        ("https://hooks.example.com:0/", "port 0"),
        ("https://hooks.example.com:99999/", "no URL"),
        ("https://hooks.example.com/#part", "fragment"),
        ("https://localhost/", "this machine"),
        ("https://localhost./", "this machine"),
        ("https://app.localhost/", "this machine"),
        ("https://2130706433/", "neither a name nor an IP address"),
        ("https://0x7f000001/", "neither a name nor an IP address"),
        ("https://0x7f.1/", "neither a name nor an IP address"),
        ("https://127.1/", "neither a name nor an IP address"),
        ("https://0177.0.0.1/", "neither a name nor an IP address"),
        ("https://hooks_1.example.com/", "neither a name nor an IP address"),
        ("https://[fe80::1%25eth0]/", "neither a name nor an IP address"),
        ("https://hooks.example.com\\@127.0.0.1/", "printable ASCII"),
        ("https://hooks.example.com /", "printable ASCII"),
        ("https://hooks.example.com/\r\nHost: x", "printable ASCII"),
        ("https://１２７.0.0.1/", "printable ASCII"),
        ("https://bücher.example/", "printable ASCII"),
        ("https://hooks.example.com/" + "a" * 2_048, "at most 2,048"),
        ("https://[::1]/", "a loopback address"),
        ("https://[::ffff:7f00:1]/", "IPv4 address in IPv6 clothes"),
    ],
)
def test_a_url_that_leads_elsewhere_is_refused_and_it_is_said_why(url: str, said: str) -> None:
    assert said in (FAR.check_url(url) or "")


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example.com",
        "https://hooks.example.com:443/a/b?c=d&e=%20",
        "HTTPS://Hooks.Example.COM/",
        "https://xn--bcher-kva.example/",
        "https://hooks.example.com./",
    ],
)
def test_an_ordinary_url_is_taken(url: str) -> None:
    assert FAR.check_url(url) is None


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8080/", "http://localhost:1/", "https://[::1]:5/", "http://127.0.0.2"]
)
def test_loopback_is_allowed_by_a_setting_alone_at_any_port_and_without_tls(url: str) -> None:
    assert FAR.check_url(url)
    assert NEAR.check_url(url) is None


def test_the_setting_for_loopback_opens_nothing_else() -> None:
    for text in REFUSED:
        address = ip_address(text)
        allowed = NEAR.why_refused(address, 443) is None
        assert allowed == address.is_loopback, text
    assert NEAR.check_url("http://hooks.example.com/")
    assert NEAR.check_url("https://hooks.example.com:8080/")
    assert NEAR.why_refused(ip_address("1.1.1.1"), 80, tls=False)


def test_a_network_that_is_named_is_allowed_over_https_and_no_metadata_in_it() -> None:
    reach = Reach(networks=(ip_network("10.1.0.0/16"), ip_network("169.254.0.0/16")))
    assert reach.check_url("https://10.1.2.3/") is None
    assert reach.check_url("http://10.1.2.3/")
    assert reach.why_refused(ip_address("10.2.0.1"), 443)
    assert reach.why_refused(ip_address("169.254.169.254"), 443)
    everything = Reach(networks=(ip_network("::/0"), ip_network("0.0.0.0/0")))
    for metadata in ("169.254.170.23", "169.254.0.23", "fd00:ec2::23", "fd20:ce::254"):
        assert everything.why_refused(ip_address(metadata), 443) is not None


def test_a_port_that_is_named_is_allowed_and_no_other() -> None:
    reach = Reach(ports=frozenset({443, 8443}))
    assert reach.check_url("https://hooks.example.com:8443/") is None
    assert reach.why_refused(ip_address("1.1.1.1"), 8443) is None
    assert reach.why_refused(ip_address("1.1.1.1"), 6379)
