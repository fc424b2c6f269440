"""Lambda's event of a click on a Function URL."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

HOST = "bench.lambda-url.eu-central-1.on.aws"


def click(link: str) -> dict[str, Any]:
    """GET of a path with its query, payload format 2.0."""
    asked = urlsplit(link)
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": asked.path,
        "rawQueryString": asked.query,
        "queryStringParameters": dict(parse_qsl(asked.query)),
        "headers": {"host": HOST},
        "requestContext": {
            "accountId": "anonymous",
            "apiId": "bench",
            "domainName": HOST,
            "domainPrefix": "bench",
            "http": {
                "method": "GET",
                "path": asked.path,
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": "bench",
            },
            "requestId": "1",
            "routeKey": "$default",
            "stage": "$default",
            "time": "23/Nov/2026:08:00:00 +0000",
            "timeEpoch": 1795420800000,
        },
        "isBase64Encoded": False,
    }
