"""Starting and ending the release binary."""

import json
import os
import secrets
import signal
import subprocess
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
READY_SECONDS = 30


def binary() -> str:
    path = os.environ.get("E2E_BINARY")
    if not path or not Path(path).is_file():
        raise RuntimeError("E2E_BINARY must name the octo-mcp binary; start the tests with e2e/run")
    return path


def clean_environment(**settings: str) -> dict[str, str]:
    """The caller's environment without settings of this program, plus `settings`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OCTO_")}
    return kept | {"RUST_BACKTRACE": "1"} | settings


def new_password() -> str:
    """A password that no policy refuses."""
    return f"Aa1-{secrets.token_urlsafe(12)}"


class Server:
    """One running server over one data folder."""

    def __init__(self, folder: Path, *, arguments: tuple[str, ...] = (), password: str | None = None, **settings: str):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.data = folder / "data"
        self.ready_file = folder / "ready.json"
        self.password = password or new_password()
        self.arguments = arguments
        self.settings = {"OCTO_EMBEDDED__ADMINPASSWORD": self.password} | settings
        self.addresses: dict[str, str | int] = {}
        self.process: subprocess.Popen[bytes] | None = None
        self.runs = 0

    def start(self) -> "Server":
        self.runs += 1
        command = [binary(), "serve", "--data-dir", str(self.data), "--ports", "auto"]
        command += ["--ready-file", str(self.ready_file), *self.arguments]
        with open(self.out_path, "wb") as out, open(self.err_path, "wb") as err:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=clean_environment(**self.settings)
            )
        self._wait_until_ready()
        return self

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            if self.ready_file.exists():
                self.addresses = json.loads(self.ready_file.read_text())
                if self.addresses["pid"] == self.process.pid:
                    return
            if self.process.poll() is not None:
                raise RuntimeError(f"the server ended with {self.process.returncode}:\n{self.err}")
            time.sleep(0.02)
        self.kill()
        raise RuntimeError(f"the server was not ready after {READY_SECONDS} s:\n{self.err}")

    @property
    def mcp(self) -> str:
        return str(self.addresses["mcp"])

    @property
    def identity(self) -> str:
        return str(self.addresses["identity"])

    @property
    def out_path(self) -> Path:
        return self.folder / f"out.{self.runs}"

    @property
    def err_path(self) -> Path:
        return self.folder / f"err.{self.runs}"

    @property
    def out(self) -> str:
        return self.out_path.read_text()

    @property
    def err(self) -> str:
        return self.err_path.read_text()

    def terminate(self, seconds: float = 15) -> int:
        """Asks the server to end and returns its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)

    def kill(self) -> None:
        """Ends the server without giving it a chance to clean up."""
        self.process.kill()
        self.process.wait(10)

    def __enter__(self) -> "Server":
        return self.start()

    def __exit__(self, *_: object) -> None:
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.kill()


def run(*arguments: str, seconds: float = 30, **settings: str) -> subprocess.CompletedProcess[str]:
    """Runs the binary to its end."""
    return subprocess.run(
        [binary(), *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=seconds,
        env=clean_environment(**settings),
        check=False,
    )
