"""GET /labels/<order> and /supplies/<supply>: a click on a link in a Bitrix order. All refusals look alike."""

from collections.abc import Callable
from functools import cache

from aws_lambda_powertools.event_handler import LambdaFunctionUrlResolver, Response

from wbsync.domain.label_links import label_keys
from wbsync.flows import open_label
from wbsync.settings import OpenLabel
from wbsync.stores.labels import LabelsStore
from wbsync.stores.parameters import secret
from wbsync.telemetry import logger, utcnow
from wbsync.texts import LABEL_LINK_REFUSED, PRINT_NOT_MADE

app = LambdaFunctionUrlResolver()
settings = cache(OpenLabel.from_env)
PRIVATE: dict[str, str | list[str]] = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
TEXT = "text/plain; charset=utf-8"


@app.get("/labels/<order>")
def label(order: str) -> Response[str]:
    return opened(open_label.run, order)


@app.get("/supplies/<supply>")
def papers(supply: str) -> Response[str]:
    return opened(open_label.run_supply, supply)


def opened(run: Callable[..., str | None], subject: str) -> Response[str]:
    labels, keys = LabelsStore(settings().labels_bucket), label_keys(secret(settings().label_key_parameter))
    link = run(subject, app.current_event.query_string_parameters, labels=labels, keys=keys, now=utcnow())
    refused = Response(403, TEXT, LABEL_LINK_REFUSED, PRIVATE)
    return Response(302, headers={**PRIVATE, "Location": link}) if link else refused


@app.exception_handler(open_label.NotMade)  # type: ignore[untyped-decorator]  # Powertools types none of these
def not_made(_: open_label.NotMade) -> Response[str]:
    return Response(404, TEXT, PRINT_NOT_MADE, PRIVATE)


@app.not_found
def nothing(_: Exception) -> Response[str]:
    return Response(404, TEXT, "Not found", PRIVATE)


handler = logger.inject_lambda_context(app.resolve)
