"""A browser without a window, driven as a person would: it looks, types and presses.

No script of the page can run, as on a phone that has them switched off.
"""

import asyncio
import base64
import itertools
import os
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from aiohttp import ClientSession, ClientWebSocketResponse
from system.debian import libraries, program

STARTS_WITHIN_S: Final = 60
PHONE: Final = {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True}


class Browser:
    """One tab."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self._socket, self._numbers = socket, itertools.count(1)
        self._loaded = 0  # pages

    async def call(self, method: str, **params: Any) -> Any:
        """Call a method of the DevTools protocol; what happens meanwhile is heard."""
        number = next(self._numbers)
        await self._socket.send_json({"id": number, "method": method, "params": params})
        while (said := await self._hear()).get("id") != number:
            pass
        assert "error" not in said, said
        return said["result"]

    async def open(self, url: str) -> None:
        """Open a page and wait until it is there."""
        before = self._loaded
        await self.call("Page.navigate", url=url)
        await self._load_after(before)

    async def _load_after(self, before: int) -> None:
        while self._loaded == before:
            await self._hear()

    async def _hear(self) -> Any:
        said = await self._socket.receive_json(timeout=STARTS_WITHIN_S)
        self._loaded += said.get("method") == "Page.loadEventFired"
        return said

    async def text(self) -> str:
        """Return the page as it was sent."""
        node = await self._node("html")
        html = await self.call("DOM.getOuterHTML", nodeId=node)
        return str(html["outerHTML"])

    async def fill(self, selector: str, text: str) -> None:
        """Type into a field."""
        await self.call("DOM.focus", nodeId=await self._node(selector))
        await self.call("Input.insertText", text=text)

    async def press(self, selector: str) -> None:
        """Press a button, and wait for the page that follows."""
        node = await self._node(selector)
        await self.call("DOM.scrollIntoViewIfNeeded", nodeId=node)
        box = (await self.call("DOM.getBoxModel", nodeId=node))["model"]["content"]
        at = {"x": (box[0] + box[4]) / 2, "y": (box[1] + box[5]) / 2}
        before = self._loaded
        for kind in ("mousePressed", "mouseReleased"):
            await self.call(
                "Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, **at
            )
        await self._load_after(before)

    async def height_of(self, selector: str) -> float:
        """Return how high something is, in CSS pixels."""
        box = await self.call("DOM.getBoxModel", nodeId=await self._node(selector))
        return float(box["model"]["height"])

    async def picture(self, path: Path) -> None:
        """Keep what is seen."""
        shot = await self.call("Page.captureScreenshot", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(shot["data"]))

    async def _node(self, selector: str) -> int:
        root = (await self.call("DOM.getDocument"))["root"]["nodeId"]
        found = await self.call("DOM.querySelector", nodeId=root, selector=selector)
        assert found["nodeId"], f"nothing is {selector}"
        return int(found["nodeId"])


@asynccontextmanager
async def browser(folder: Path) -> AsyncIterator[Browser]:
    """Start a browser that looks like a phone."""
    process = subprocess.Popen(
        [
            program("usr/lib/chromium/chromium-headless-shell"),
            "--no-sandbox",  # it runs in containers, and opens our page alone
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--remote-debugging-port=0",
            f"--user-data-dir={folder}",
            "about:blank",
        ],
        env=os.environ | {"LD_LIBRARY_PATH": libraries(), "HOME": str(folder)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(STARTS_WITHIN_S):
            port = await _port(folder / "DevToolsActivePort", process)
        async with ClientSession() as session:
            async with session.get(f"http://127.0.0.1:{port}/json") as reply:
                tabs = await reply.json()
            (url,) = [tab["webSocketDebuggerUrl"] for tab in tabs if tab["type"] == "page"]
            async with session.ws_connect(url, max_msg_size=0) as socket:
                tab = Browser(socket)
                for domain in ("Page", "DOM"):
                    await tab.call(f"{domain}.enable")
                await tab.call("Emulation.setDeviceMetricsOverride", **PHONE)
                await tab.call("Emulation.setScriptExecutionDisabled", value=True)
                yield tab
    finally:
        process.kill()
        process.wait()


async def _port(file: Path, process: "subprocess.Popen[bytes]") -> int:
    while True:
        assert process.poll() is None, "the browser has ended"
        if file.exists() and (lines := file.read_text().split()):
            return int(lines[0])
        await asyncio.sleep(0.1)
