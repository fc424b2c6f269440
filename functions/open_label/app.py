"""GET /labels/<order>: a click on a label's link in a Bitrix order. All refusals look alike, whatever their reason."""

from functools import cache

from aws_lambda_powertools.event_handler import LambdaFunctionUrlResolver, Response

from wbsync.domain.label_links import label_keys
from wbsync.flows import open_label
from wbsync.settings import OpenLabel
from wbsync.stores.labels import LabelsStore
from wbsync.stores.parameters import secret
from wbsync.telemetry import logger, utcnow
from wbsync.texts import LABEL_LINK_REFUSED

app = LambdaFunctionUrlResolver()
settings = cache(OpenLabel.from_env)
PRIVATE: dict[str, str | list[str]] = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
TEXT = "text/plain; charset=utf-8"


@app.get("/labels/<order>")
def label(order: str) -> Response[str]:
    labels, keys = LabelsStore(settings().labels_bucket), label_keys(secret(settings().label_key_parameter))
    link = open_label.run(order, app.current_event.query_string_parameters, labels=labels, keys=keys, now=utcnow())
    refused = Response(403, TEXT, LABEL_LINK_REFUSED, PRIVATE)
    return Response(302, headers={**PRIVATE, "Location": link}) if link else refused


@app.not_found
def nothing(_: Exception) -> Response[str]:
    return Response(404, TEXT, "Not found", PRIVATE)


handler = logger.inject_lambda_context(app.resolve)
