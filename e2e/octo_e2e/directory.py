"""A real OpenLDAP directory: Debian's slapd over a folder of its own, as the user who runs the tests."""

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest

SLAPD = Path("/usr/sbin/slapd")
SCHEMAS = Path("/etc/ldap/schema")
BASE = "dc=example,dc=org"
PEOPLE = f"ou=people,{BASE}"
READY_SECONDS = 15

SETTINGS = """\
include {schemas}/core.schema
include {schemas}/cosine.schema
include {schemas}/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {folder}/slapd.pid
argsfile {folder}/slapd.args
TLSCertificateFile {certificate}
TLSCertificateKeyFile {key}
TLSVerifyClient never
database mdb
maxsize 16777216
suffix "{base}"
directory {folder}/data
access to attrs=userPassword by anonymous auth by * none
access to * by users read by * none
"""

ROOT = f"""\
dn: {BASE}
objectClass: dcObject
objectClass: organization
o: Example
dc: example

dn: {PEOPLE}
objectClass: organizationalUnit
ou: people
"""


def person(uid: str, password: str, mail: str) -> str:
    return f"""\
dn: uid={uid},{PEOPLE}
objectClass: inetOrgPerson
uid: {uid}
cn: {uid.capitalize()} Example
givenName: {uid.capitalize()}
sn: Example
mail: {mail}
userPassword: {password}
"""


def required() -> None:
    """Skips the test without slapd, and fails it where everything has to be there."""
    if SLAPD.is_file():
        return
    text = f"{SLAPD} is missing: apt-get install slapd"
    if os.environ.get("CI") == "true":
        pytest.fail(text, pytrace=False)
    pytest.skip(text)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Directory:
    """One directory; it can be stopped and started again on the same ports."""

    def __init__(self, folder: Path, certificate: tuple[Path, Path], people: list[str]):
        (folder / "data").mkdir(parents=True)
        self.folder = folder
        self.port, self.tls_port = free_port(), free_port()
        # A copy: where AppArmor confines slapd, it is by the path of the program.
        self.program = folder / "slapd"
        shutil.copy(SLAPD, self.program)
        self.settings = folder / "slapd.conf"
        self.settings.write_text(
            SETTINGS.format(
                schemas=SCHEMAS, folder=folder, base=BASE, certificate=certificate[0], key=certificate[1]
            )
        )
        entries = folder / "entries.ldif"
        entries.write_text("\n".join([ROOT, *people]))
        self._tool("-Tadd", "-l", str(entries))
        self.process: subprocess.Popen[bytes] | None = None

    def _tool(self, *arguments: str) -> None:
        command = [self.program, *arguments, "-f", self.settings]
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
        assert done.returncode == 0, done.stderr

    def start(self) -> "Directory":
        addresses = f"ldap://127.0.0.1:{self.port} ldaps://127.0.0.1:{self.tls_port}"
        log = open(self.folder / "log", "ab")
        with log:
            self.process = subprocess.Popen(
                [self.program, "-f", self.settings, "-h", addresses, "-d", "stats"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.tls_port), 1).close()
                return self
            except OSError:
                time.sleep(0.02)
        self.stop()
        raise RuntimeError(f"slapd did not start:\n{self.log}")

    @property
    def log(self) -> str:
        """What slapd says about connections and operations."""
        return (self.folder / "log").read_text(errors="replace")

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(10)

    def __enter__(self) -> "Directory":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()
