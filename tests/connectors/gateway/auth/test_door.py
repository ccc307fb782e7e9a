"""Foreign pages, on HTTP and WebSocket, through Starlette as the gateway uses it."""

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient, WebSocketDenialResponse
from starlette.websockets import WebSocket

from connectors.gateway.auth.door import Door
from connectors.gateway.auth.origins import Origins

PAGE = "https://app.example"
# What browsers of other pages send, or could.
FOREIGN = [
    "https://evil.example",
    "null",
    "",
    "http://app.example",
    "https://app.example:8443",
    "https://app.example.evil.example",
    "https://sub.app.example",
    "https://app.example/",
    "HTTPS://APP.EXAMPLE",
    "https://app.example, https://evil.example",
]


async def answer(request: Request) -> PlainTextResponse:
    request.app.state.served += 1
    return PlainTextResponse("served")


async def talk(socket: WebSocket) -> None:
    socket.app.state.served += 1
    await socket.accept()
    await socket.send_text("served")
    await socket.close()


def build(*, on_loopback: bool = False) -> Starlette:
    origins = Origins.of_listener([PAGE], 8080, on_loopback=on_loopback)
    app = Starlette(
        routes=[Route("/", answer, methods=["GET", "POST"]), WebSocketRoute("/ws", talk)],
        middleware=[
            Middleware(CORSMiddleware, **origins.cors()),
            Middleware(Door, origins=origins, only_loopback_names=on_loopback),
        ],
    )
    app.state.served = 0
    return app


@pytest.fixture
def app() -> Starlette:
    return build()


@pytest.fixture
def client(app: Starlette) -> TestClient:
    return TestClient(app)


def test_a_page_that_may_is_served_and_may_read_the_answer(client: TestClient) -> None:
    answer = client.get("/", headers={"Origin": PAGE})
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == PAGE
    assert "access-control-allow-credentials" not in answer.headers
    assert "RateLimit" in answer.headers["access-control-expose-headers"]


def test_a_caller_that_is_no_browser_is_served(client: TestClient) -> None:
    assert client.post("/").status_code == 200


@pytest.mark.parametrize("origin", FOREIGN)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_foreign_page_is_refused_before_anything_happens(
    app: Starlette, client: TestClient, method: str, origin: str
) -> None:
    answer = client.request(method, "/", headers={"Origin": origin})
    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/problem+json"
    assert "TIDEGATE_GATEWAY_ORIGINS" in answer.json()["detail"]
    assert answer.headers.get("access-control-allow-origin") is None
    assert app.state.served == 0


def test_two_origins_in_one_request_are_refused(client: TestClient) -> None:
    assert client.get("/", headers=[("Origin", PAGE), ("Origin", PAGE)]).status_code == 403  # type: ignore[arg-type]


@pytest.mark.parametrize("origin", FOREIGN)
def test_a_foreign_page_opens_no_socket(app: Starlette, client: TestClient, origin: str) -> None:
    with (
        pytest.raises(WebSocketDenialResponse) as caught,
        client.websocket_connect("/ws", headers={"Origin": origin}),
    ):
        pass
    assert caught.value.status_code == 403
    assert app.state.served == 0


def test_a_page_that_may_opens_a_socket(client: TestClient) -> None:
    with client.websocket_connect("/ws", headers={"Origin": PAGE}) as socket:
        assert socket.receive_text() == "served"


@pytest.mark.parametrize("origin", FOREIGN)
def test_a_preflight_of_a_foreign_page_allows_nothing(client: TestClient, origin: str) -> None:
    headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    answer = client.options("/", headers=headers)
    assert answer.status_code in (400, 403)
    assert "access-control-allow-origin" not in answer.headers


def test_a_preflight_of_a_page_that_may_names_our_headers(client: TestClient) -> None:
    headers = {
        "Origin": PAGE,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    answer = client.options("/", headers=headers)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == PAGE
    assert "*" not in answer.headers["access-control-allow-headers"]


@pytest.mark.parametrize("name", ["127.0.0.1:8080", "localhost:8080", "[::1]:8080", "localhost"])
def test_on_loopback_our_own_page_is_served_under_the_names_of_this_machine(name: str) -> None:
    client = TestClient(build(on_loopback=True), base_url="http://localhost:8080")
    assert client.get("/", headers={"Host": name}).status_code == 200
    page = {"Host": name, "Origin": f"http://{name.removesuffix(':8080')}:8080"}
    assert client.get("/", headers=page).status_code == 200


@pytest.mark.parametrize(
    "name",
    [
        *("evil.example:8080", "127.0.0.1.evil.example", "", "[::1", "0", "0.0.0.0:8080"),
        *("10.0.0.1", "localhost.evil.example", "evil.example#localhost", "2130706433"),
    ],
)
def test_on_loopback_a_name_that_was_made_to_lead_here_is_refused(name: str) -> None:
    app = build(on_loopback=True)
    answer = TestClient(app).get("/", headers={"Host": name})
    assert answer.status_code == 421
    assert app.state.served == 0


def test_elsewhere_the_name_in_the_request_allows_nothing(client: TestClient) -> None:
    headers = {"Host": "evil.example", "Origin": "https://evil.example"}
    assert client.get("/", headers=headers).status_code == 403
    assert client.get("/", headers={"Host": "evil.example"}).status_code == 200
