"""One TLS context for all connections of a process: reading the world's certificates takes 25 ms each time."""

from functools import cache

import httpx

context = cache(httpx.create_ssl_context)
