"""Fixtures: servers that are started, browsers that are opened, assistants that are signed in."""

import os
import re
import zlib

import pytest

from octo_e2e.browser import chromium
from octo_e2e.client import MODES, connect
from octo_e2e.server import Server


def pytest_collection_modifyitems(items):
    for item in items:
        if item.get_closest_marker("slow") and os.environ.get("E2E_SLOW") != "1":
            item.add_marker(pytest.mark.skip(reason="moves gigabytes; set E2E_SLOW=1"))


@pytest.fixture(scope="session")
def anyio_backend():
    return "asyncio"


@pytest.fixture(scope="session")
async def browser(anyio_backend):
    async with chromium() as opened:
        yield opened


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """A server the tests of a run share; each uses tenants of its own."""
    with Server(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture
def fresh_server(tmp_path):
    """A server nobody has used."""
    with Server(tmp_path / "server") as running:
        yield running


@pytest.fixture(params=MODES)
def mode(request):
    """Both protocol generations."""
    return request.param


@pytest.fixture
async def admin(server, browser):
    """An assistant, signed in as the administrator of the system tenant."""
    async with connect(server.mcp) as assistant:
        await assistant.sign_in(browser, server.password)
        yield assistant


@pytest.fixture
def tenant_name(request):
    """A tenant name of this test's own."""
    plain = re.sub(r"[^a-z0-9]", "", request.node.name.lower().removeprefix("test_"))
    return f"t{zlib.crc32(request.node.nodeid.encode()):08x}{plain[:12]}"
