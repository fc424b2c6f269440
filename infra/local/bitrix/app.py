"""The simulated shop as a WSGI app: `/rest/<user>/<secret>/<method>[.json]` and `/_sim/…`."""

import hmac
import json
import re
import threading
import time
from collections.abc import Callable, Iterable
from wsgiref.types import StartResponse, WSGIEnvironment

from pydantic import ValidationError
from werkzeug.wrappers import Request, Response

from infra.local.bitrix import control, pictures
from infra.local.bitrix.answers import Broken, Params, Refused, Row
from infra.local.bitrix.calls import Calls
from infra.local.bitrix.faults import Faults
from infra.local.bitrix.opening import open_shop
from infra.local.bitrix.php import parse_query, to_wire
from infra.local.bitrix.seed import Seed
from infra.local.bitrix.shop import Shop
from infra.local.serving import cut

USER_ID = 1
SECRET = "k7simulatedhook1"  # noqa: S105 (an invented secret of an invented shop)

_PICTURE = "/rest/catalog.product.download"
_REST = re.compile(r"^/rest/(?P<user>[^/]+)/(?P<secret>[^/]+)/(?P<method>[^/]+?)(\.json)?/?$")


class Bitrix:
    """One shop in this process. `httpx.WSGITransport(app=bitrix.wsgi)` talks to it without a port."""

    def __init__(
        self,
        seed: Seed | None = None,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.faults = Faults()
        self._clock = clock
        self._sleep = sleep
        self._late: list[threading.Thread] = []
        self.open(seed or Seed())

    @property
    def shop(self) -> Shop:
        return self._calls.shop

    def open(self, seed: Seed) -> None:
        """A new shop in the place of the old one."""
        self._calls = Calls(open_shop(seed, self._clock), self.faults, self._sleep)

    def webhook(self, base_url: str) -> str:
        """The address an owner would copy, e.g. `http://127.0.0.1:8081/rest/1/<secret>/`."""
        return f"{base_url.rstrip('/')}/rest/{USER_ID}/{SECRET}/"

    def finish_late_work(self) -> None:
        """Wait for what goes on behind connections that were cut by `late`."""
        while self._late:
            self._late.pop().join()

    def wsgi(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        return self._answer(request)(environ, start_response)

    def _answer(self, request: Request) -> Response:
        if request.path.startswith("/_sim/"):
            return self._simulator(request)
        file = pictures.uploaded(self.shop, request.path)
        return self._rest(request) if file is None else _file(file)

    def _rest(self, request: Request) -> Response:
        try:
            name, params = self._asked(request)
            late = self.faults.take(name, late=True)
            if late is not None:
                self._go_on_alone(self._calls, name, params, late.seconds)
                cut(request.environ)
            body = self._calls.envelope(name, params)
            return _file(body["result"]) if isinstance(body["result"], bytes) else _json(body)
        except Refused as refused:
            return _json(refused.body, refused.status)
        except Broken as broken:
            if broken.page is None:
                cut(request.environ)
            return Response(broken.page, status=500, content_type="text/html; charset=UTF-8")

    def _asked(self, request: Request) -> tuple[str, Params]:
        if request.path == _PICTURE and self.shop.seed.open_pictures:
            return _PICTURE.removeprefix("/rest/"), parse_query(request.query_string.decode())
        return _read(request)

    def _go_on_alone(self, calls: Calls, name: str, params: Params, seconds: float) -> None:
        """PHP does not notice that its client is gone."""

        def work() -> None:
            self._sleep(seconds)
            try:
                calls.envelope(name, params)
            except (Refused, Broken):
                return  # nobody is there to be told

        thread = threading.Thread(target=work, daemon=True)
        self._late.append(thread)
        thread.start()

    def _simulator(self, request: Request) -> Response:
        route = control.ROUTES.get((request.method, request.path))
        if route is None:
            return _json({"error": "not_found", "error_description": request.path}, 404)
        try:
            return _json(to_wire(route(self, request.get_data())))
        except ValidationError as error:
            return _json({"error": "bad_request", "error_description": str(error)}, 400)
        except Refused as refused:
            return _json(refused.body, refused.status)


def _read(request: Request) -> tuple[str, Params]:
    path = _REST.match(request.path)
    if path is None and request.path.startswith("/rest/") and request.path.count("/") == 2:
        raise Refused("NO_AUTH_FOUND", "Wrong authorization data", 401)
    if path is None:
        raise Refused("ERROR_METHOD_NOT_FOUND", "Method not found!", 404)
    if path["user"] != str(USER_ID) or not hmac.compare_digest(path["secret"].encode(), SECRET.encode()):
        raise Refused("INVALID_CREDENTIALS", "Invalid request credentials", 401)
    return path["method"], parse_query(request.query_string.decode()) | _body(request)


def _body(request: Request) -> Row:
    """Form or JSON; what cannot be read is simply not there, as in PHP."""
    data = request.get_data()
    if request.mimetype != "application/json":
        return parse_query(data.decode())
    try:
        read = json.loads(data or b"{}")
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {}


def _file(file: bytes) -> Response:
    return Response(file, content_type=pictures.media_type(file))


def _json(body: object, status: int = 200) -> Response:
    return Response(json.dumps(body, ensure_ascii=False), status=status, content_type="application/json; charset=utf-8")
