"""What is put on every answer to a browser, and what becomes of errors."""

import base64
import logging
from collections.abc import Awaitable, Callable
from types import MappingProxyType
from typing import Final

from aiohttp import web

from deploy.answer.style import STYLE_HASH

HEADERS: Final = MappingProxyType(
    {
        "Content-Security-Policy": (
            "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
            f"style-src 'sha256-{base64.b64encode(STYLE_HASH).decode()}'"
        ),
        "Cache-Control": "no-store",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        "Referrer-Policy": "no-referrer",
        "Strict-Transport-Security": "max-age=31536000",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "X-Robots-Tag": "noindex, nofollow",
    }
)

log = logging.getLogger("stormwatch.answer")


@web.middleware
async def guarded(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Put the headers on everything, and let no error say anything."""
    try:
        response = await handler(request)
    except web.HTTPException as error:
        response = web.Response(status=error.status)
    except Exception:
        log.exception("answer_failed")
        response = web.Response(status=500)
    response.headers.update(HEADERS)
    return response
