"""Lets irctest (https://github.com/progval/irctest) drive Polylogue.

Each test gets a development server of its own on an empty data directory. README.md beside this file says how to run the suite.
"""

import functools
import os
import shutil
import socket
import subprocess
from pathlib import Path
from typing import Optional, Tuple, Type

from irctest.basecontrollers import BaseServerController, DirectoryBasedController
from irctest.cases import BaseServerTestCase
from irctest.specifications import Capabilities, OptionalBehaviors

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = os.environ.get("POLYLOGUE", str(ROOT / "target" / "release" / "polylogue"))

# What the suite expects of every server that it tests.
CONFIGURATION = """
[server]
description = "test server"

[irc]
server_name = "My.Little.Server"
register_before_connect = {before_connect}
register_needs_address = {needs_address}
websocket_path = "/"
scram = true
"""

OPERATOR = """
[[operator]]
name = "operuser"
password_hash = "{hash}"
"""


@functools.cache
def password_hash(password: str) -> str:
    hashed = subprocess.run(
        [PROGRAM, "hash-password"],
        input=password.encode() + b"\n",
        check=True,
        capture_output=True,
    )
    return hashed.stdout.decode().strip()


class PolylogueController(BaseServerController, DirectoryBasedController):
    software_name = "Polylogue"
    supported_sasl_mechanisms = {"PLAIN", "SCRAM-SHA-256"}
    supports_sts = False
    sync_sleep_time = 0
    nickserv = "NickServ"
    extban_mute_char = "m"
    _port_wait_interval = 0.02
    isupport = {
        "BOT": "B",
        "CASEMAPPING": "ascii",
        "CHANMODES": "beIQ,k,fl,CKcimMnRsSt",
        "CHANTYPES": "#&",
        "CHATHISTORY": "1000",
        "ELIST": "CMNTU",
        "EXCEPTS": "e",
        "EXTBAN": "$,acmrt",
        "INVEX": "I",
        "MONITOR": "100",
        "MSGREFTYPES": "msgid,timestamp",
        "PREFIX": "(qaohv)~&@%+",
        "STATUSMSG": "~&@%+",
        "UTF8ONLY": None,
        "WHOX": None,
    }
    capabilities = frozenset(
        (
            Capabilities.ACCOUNT_NOTIFY,
            Capabilities.ACCOUNT_TAG,
            Capabilities.AWAY_NOTIFY,
            Capabilities.BATCH,
            Capabilities.ECHO_MESSAGE,
            Capabilities.EXTENDED_JOIN,
            Capabilities.EXTENDED_MONITOR,
            Capabilities.LABELED_RESPONSE,
            Capabilities.MESSAGE_REDACTION,
            Capabilities.MESSAGE_TAGS,
            Capabilities.MULTILINE,
            Capabilities.MULTI_PREFIX,
            Capabilities.READ_MARKER,
            Capabilities.SERVER_TIME,
            Capabilities.SETNAME,
        )
    )
    optional_behaviors = frozenset(
        (
            OptionalBehaviors.BAN_EXCEPTION_MODE,
            OptionalBehaviors.CAP_REQ_MINUS,
            OptionalBehaviors.ELIST_C,
            OptionalBehaviors.ELIST_M,
            OptionalBehaviors.ELIST_N,
            OptionalBehaviors.ELIST_T,
            OptionalBehaviors.ELIST_U,
            OptionalBehaviors.INVITE_EXCEPTION_MODE,
            OptionalBehaviors.INVITE_LIST,
            OptionalBehaviors.INVITE_OVERRIDES_LIMIT,
            OptionalBehaviors.METADATA_BEFORE_CONNECT,
            OptionalBehaviors.MULTI_JOIN,
            OptionalBehaviors.MULTI_KICK,
            OptionalBehaviors.MULTI_NAMES_COMMAND,
            OptionalBehaviors.MULTI_PRIVMSG,
            OptionalBehaviors.NO_CTCP,
            OptionalBehaviors.SASL_AFTER_REGISTRATION,
            OptionalBehaviors.SASL_REAUTHENTICATION,
        )
    )

    def get_hostname_and_port(self) -> Tuple[str, int]:
        """A development server listens on loopback alone, and answers to that name."""
        _, port = super().get_hostname_and_port()
        return "127.0.0.1", port

    def run(
        self,
        hostname: str,
        port: int,
        *,
        password: Optional[str],
        ssl: bool,
        run_services: bool,
        faketime: Optional[str],
        websocket_hostname: Optional[str],
        websocket_port: Optional[int],
    ) -> None:
        self.hostname, self.port = hostname, port
        self.create_config()
        assert self.directory
        with self.open_file("polylogue.toml") as file:
            before = self.test_config.account_registration_before_connect
            address = self.test_config.account_registration_requires_email
            file.write(
                CONFIGURATION.format(
                    before_connect=str(before).lower(),
                    needs_address=str(address).lower(),
                )
            )
            if password is not None:
                file.write(f'password_hash = "{password_hash(password)}"\n')
            file.write(OPERATOR.format(hash=password_hash("operpassword")))
        prefix = []
        if faketime and shutil.which("faketime"):
            prefix = ["faketime", "-f", faketime]
            self.faketime_enabled = True
        if websocket_port is None:
            http = f"{hostname}:0"
        else:
            http = f"{hostname}:{websocket_port}"
        self.proc = self.execute(
            [
                *prefix,
                PROGRAM,
                "run",
                "--dev",
                f"--config={self.directory / 'polylogue.toml'}",
                f"--data-dir={self.directory / 'data'}",
                f"--irc={hostname}:{port}",
                f"--http={http}",
                f"--native={hostname}:0",
            ]
        )

    def wait_for_services(self) -> None:
        """Services are built in."""

    def registerUser(
        self, case: BaseServerTestCase, username: str, password: Optional[str] = None
    ) -> None:
        assert self.directory and password
        self.wait_for_port()
        subprocess.run(
            [PROGRAM, "user", "add", username, f"--data-dir={self.directory / 'data'}"],
            input=password.encode() + b"\n",
            check=True,
            capture_output=True,
        )
        self.ask_for_scram(username, password)

    def ask_for_scram(self, username: str, password: str) -> None:
        """An account has SCRAM when its owner asks for it and gives his password again."""
        with socket.create_connection((self.hostname, self.port), 10) as connection:
            for line in (
                f"PASS {username}:{password}",
                f"NICK {username}",
                "USER x 0 * :x",
                "NS SET SCRAM ON",
                f"NS IDENTIFY {password}",
                "QUIT",
            ):
                connection.sendall(f"{line}\r\n".encode())
            # Until the server closes the connection.
            while connection.recv(4096):
                pass


def get_irctest_controller_class() -> Type[PolylogueController]:
    return PolylogueController
