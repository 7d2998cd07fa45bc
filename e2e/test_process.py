"""Starting, ending, being killed and starting again."""

import json
import os
import stat
import subprocess
import threading
import time

import anyio
import httpx2
import pytest

from octo_e2e.client import connect
from octo_e2e.models import EXAMPLE, zipped
from octo_e2e.rpc import call_tool, modern_request, refreshed, tokens_of
from octo_e2e.server import Server, binary, clean_environment, run

pytestmark = pytest.mark.anyio


async def test_the_ready_file_names_every_service_and_every_service_answers(fresh_server):
    addresses = fresh_server.addresses
    assert set(addresses) == {"mcp", "identity", "assets", "communication", "bot", "reporting", "pid"}
    assert addresses["pid"] == fresh_server.process.pid
    assert addresses["mcp"].startswith("http://127.0.0.1:") and addresses["mcp"].endswith("/mcp")
    async with httpx2.AsyncClient() as http:
        for service in ("identity", "assets", "communication", "bot", "reporting"):
            assert (await http.get(f"{addresses[service]}/no/such/thing")).status_code in (401, 404), service
        for path in ("/health", "/healthz/live", "/healthz/ready"):
            assert (await http.get(addresses["mcp"].removesuffix("/mcp") + path)).status_code == 200


def test_the_ready_file_is_never_seen_half_written(tmp_path):
    ready = tmp_path / "server" / "ready.json"
    seen, stop = [], threading.Event()

    def watch():
        while not stop.is_set():
            try:
                seen.append(ready.read_text())
            except FileNotFoundError:
                pass

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        with Server(tmp_path / "server"):
            time.sleep(0.2)
    finally:
        stop.set()
        watcher.join()
    assert seen
    for text in set(seen):
        json.loads(text)
    assert not ready.exists(), "an ended server leaves no ready file"
    assert not list(ready.parent.glob("*.tmp"))


def test_the_welcome_shows_a_made_up_password_once(tmp_path):
    with Server(tmp_path / "server") as server:
        assert server.password not in server.out, "a password that was given is not printed"
        assert "octosystem" in server.out

    chosen = Server(tmp_path / "other")
    chosen.settings.pop("OCTO_EMBEDDED__ADMINPASSWORD")
    with chosen as server:
        line = next(line for line in server.out.splitlines() if "password" in line)
        password = line.split()[1]
        assert len(password) >= 12
        assert password not in server.err
    with chosen as server:
        assert "password" not in server.out, "it is shown only at the first start"


def test_sigterm_ends_the_server_in_time(tmp_path):
    with Server(tmp_path / "server") as server:
        started = time.monotonic()
        assert server.terminate() == 0
        assert time.monotonic() - started < 10


async def test_sigterm_with_open_sessions_and_streams_ends_the_server_in_time(tmp_path):
    with Server(tmp_path / "server") as server:
        async with connect(server.mcp, "legacy") as assistant:
            await assistant.call("auth_status")
            started = time.monotonic()
            server.process.terminate()
            while server.process.poll() is None and time.monotonic() - started < 15:
                await anyio.sleep(0.05)
            assert server.process.poll() == 0
            assert time.monotonic() - started < 11


async def test_what_was_acknowledged_survives_a_kill(tmp_path, browser):
    with Server(tmp_path / "server") as server:
        tokens = await tokens_of(server, browser)
        async with connect(server.mcp, bearer=tokens["access_token"]) as assistant:
            await assistant.create_tenant("acme")
            transfer = await assistant.upload_bytes("model.zip", zipped(EXAMPLE))
            await assistant.call("import_ck_model", tenantId="acme", transferId=transfer)
        acknowledged = await write_until_killed(server, tokens["access_token"])
        assert acknowledged, "there was time to write something"

        server.start()
        again = await refreshed(server, tokens["refresh_token"])
        assert again.status_code == 200, "the sign-in outlives the process: " + again.text
        fresh = again.json()
        async with connect(server.mcp, bearer=fresh["access_token"]) as assistant:
            stored = await all_halls(assistant)
            lost = acknowledged - stored
            assert not lost, f"{len(lost)} of {len(acknowledged)} entities are lost"
            await assistant.call("create_entity", **hall("after"))

        assert (await refreshed(server, fresh["refresh_token"])).status_code == 200
        reused = await refreshed(server, tokens["refresh_token"])
        assert reused.status_code == 400, "a refresh token is of no use once its successor is"


def hall(name):
    return {
        "tenantId": "acme",
        "ckTypeId": "Workshop/Hall",
        "entityData": [{"attributePath": "name", "value": name}],
    }


async def write_until_killed(server, bearer):
    """Writes while a timer kills the server; returns the ids that were acknowledged."""
    acknowledged = set()
    timer = threading.Timer(0.7, server.kill)
    timer.start()
    try:
        async with httpx2.AsyncClient(headers={"Authorization": f"Bearer {bearer}"}) as http:
            while True:
                name = f"Hall {len(acknowledged)}"
                created = await call_tool(http, server.mcp, "create_entity", hall(name))
                acknowledged.add(created["rtId"])
    except httpx2.TransportError:
        timer.join()
    assert server.process.poll() is not None
    return acknowledged


async def all_halls(assistant):
    ids, offset = set(), 0
    while True:
        page = await assistant.call(
            "query_entities_simple", tenantId="acme", ckTypeId="Workshop/Hall", limit=1000, offset=offset
        )
        ids |= {entity["rtId"] for entity in page["entities"]}
        offset += 1000
        if offset >= page["totalCount"]:
            return ids


def serve(folder, *arguments, **settings):
    return run("serve", "--data-dir", str(folder / "data"), *arguments, **settings)


def test_a_second_server_on_the_same_port_says_what_is_in_the_way(tmp_path, server):
    port = server.mcp.removesuffix("/mcp").rsplit(":", 1)[1]
    ended = serve(tmp_path, OCTO_MCP__PORT=port)
    assert ended.returncode == 1
    assert f"127.0.0.1:{port}" in ended.stderr and "OCTO_MCP__PORT" in ended.stderr
    assert "panicked" not in ended.stderr


def test_a_second_server_on_the_same_data_says_what_is_in_the_way(tmp_path, server):
    ended = run("serve", "--data-dir", str(server.data), "--ports", "auto", seconds=20)
    assert ended.returncode == 1
    assert str(server.data) in ended.stderr, ended.stderr
    assert "panicked" not in ended.stderr


def test_unknown_settings_are_refused_by_name(tmp_path):
    ended = serve(tmp_path, OCTO_MCP__PUBLCURL="http://localhost", OCTO_MCP__PORT="many", OCTO_MPC__X="1")
    assert ended.returncode == 1
    for name in ("OCTO_MCP__PUBLCURL", "OCTO_MPC"):
        assert name in ended.stderr, ended.stderr
    assert "OCTO_MCP__PORT" in ended.stderr, "all problems at once"
    assert not (tmp_path / "data").exists(), "nothing was begun"


def test_bad_values_are_refused_by_name_and_never_repeated(tmp_path):
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"Mcp": {"CallTimeoutSeconds": 0, "AnonymousLogin": "hunter2"}}))
    ended = serve(tmp_path, "--config", str(config))
    assert ended.returncode == 1
    assert "ANONYMOUSLOGIN" in ended.stderr.upper()
    assert "hunter2" not in ended.stderr
    ended = serve(tmp_path, "--config", str(tmp_path / "missing.json"))
    assert ended.returncode == 1 and "missing.json" in ended.stderr


def test_a_data_folder_that_cannot_be_used(tmp_path):
    (tmp_path / "data").write_text("a file")
    ended = serve(tmp_path, "--ports", "auto")
    assert ended.returncode == 1 and "data folder" in ended.stderr


async def test_the_configuration_file_and_the_environment(tmp_path):
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"Mcp": {"AnonymousLogin": "Off", "MinLogLevel": "Off"}}))
    with Server(tmp_path / "server", arguments=("--config", str(config))) as server:
        message = modern_request("tools/list")
        async with httpx2.AsyncClient() as http:
            answer = await http.post(server.mcp, headers=message["headers"], json=message["body"])
        assert answer.status_code == 401
    with Server(tmp_path / "server", arguments=("--config", str(config)), OCTO_MCP__ANONYMOUSLOGIN="Loopback") as server:
        async with httpx2.AsyncClient() as http:
            answer = await http.post(server.mcp, headers=message["headers"], json=message["body"])
        assert answer.status_code == 200


def test_keys_and_databases_are_readable_by_their_owner_only(server):
    for file in server.data.rglob("*"):
        if file.is_file() and file.suffix != "":
            assert stat.S_IMODE(file.stat().st_mode) & 0o077 == 0 or is_inside_private_folder(file, server.data), file


def is_inside_private_folder(file, top):
    folder = file.parent
    while True:
        if stat.S_IMODE(folder.stat().st_mode) & 0o077 == 0:
            return True
        if folder == top:
            return False
        folder = folder.parent


def test_the_catalogue_is_printed():
    listed = run("tools", "--json")
    assert listed.returncode == 0
    names = [tool["name"] for tool in json.loads(listed.stdout)]
    assert names and len(names) == len(set(names))
    table = run("tools")
    assert table.returncode == 0 and "create_entity" in table.stdout


def test_a_reader_that_stops_reading_is_no_error():
    with subprocess.Popen(
        [binary(), "tools", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=clean_environment()
    ) as process:
        process.stdout.close()
        assert process.wait(10) == 0
        assert process.stderr.read() == b""


def test_a_model_folder_is_checked(tmp_path):
    good = run("ck", "check", str(EXAMPLE))
    assert good.returncode == 0, good.stdout + good.stderr
    assert "Workshop-1.0.0" in good.stdout
    (tmp_path / "types").mkdir()
    (tmp_path / "ckModel.yaml").write_text("modelId: Broken-1.0.0\ndependencies: [ 'System-[2.0,3.0)' ]\n")
    (tmp_path / "types" / "a.yaml").write_text("types:\n  - typeId: A\n    derivedFromCkTypeId: ${this}/Missing\n")
    bad = run("ck", "check", str(tmp_path))
    assert bad.returncode == 1
    assert "types/a.yaml" in bad.stdout and "Missing" in bad.stdout


def test_wrong_command_lines_are_explained():
    for arguments in ((), ("serv",), ("serve", "--ports", "80"), ("ck", "check")):
        ended = run(*arguments)
        assert ended.returncode == 2, arguments
        assert "--help" in ended.stderr or "Usage" in ended.stderr, arguments
    assert run("--version").stdout.startswith("octo-mcp ")


def test_the_process_is_small(server):
    with open(f"/proc/{server.process.pid}/status", encoding="ascii") as status:
        resident = next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))
    assert resident < 300 << 10, f"{resident} KiB"
    assert os.path.exists(server.ready_file)
