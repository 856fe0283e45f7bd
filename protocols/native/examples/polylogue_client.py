"""A client for Polylogue's native protocol (see PROTOCOL.md). Python 3.9 or later, standard library only.

    from polylogue_client import Client

    client = Client("chat.example", name="garden-bot/1.0")
    client.login("alice", "correct horse battery staple")
    client.join("#garden")
    client.say("#garden", "hello")
    for event in client.events("now"):      # reconnects and resumes by itself
        print(event["sender"], event.get("text"))

One thread uses a client at a time.
"""

import collections
import json
import socket
import ssl
import struct
import time
import uuid

FRAME_LIMIT = 1024 * 1024
RETRY = {"unavailable", "rate_limited", "timed_out", "too_slow", "shutting_down"}


class Refused(Exception):
    """The server said no: `code` for programs, `message` for people, `field` and `retry_after_ms` where there are any."""

    def __init__(self, error):
        super().__init__(error["message"])
        self.code = error["code"]
        self.message = error["message"]
        self.field = error.get("field")
        self.retry_after_ms = error.get("retry_after_ms")


class Client:
    def __init__(self, host, port=7450, name="polylogue_client.py/1.0", tls=True, features=(), timeout=30):
        """Connects and says hello. `tls` is True, False (for development) or an ssl.SSLContext of your own."""
        self.host, self.port, self.name, self.tls = host, port, name, tls
        self.features, self.timeout = list(features), timeout
        self.user = self.token = self.cursor = self._subscribed = None
        self.on_signal = self.on_reset = lambda frame: None
        self.connect()

    # The connection.

    def connect(self):
        """Connects, says hello, and resumes the session if there is one. Returns the server's hello."""
        self.close()
        self._waiting = collections.deque()  # events that came while an answer was awaited
        self._number = 0
        self._socket = socket.create_connection((self.host, self.port), timeout=self.timeout)
        if self.tls:
            context = ssl.create_default_context() if self.tls is True else self.tls
            self._socket = context.wrap_socket(self._socket, server_hostname=self.host)
        self._stream = self._socket.makefile("rb")
        self.server = self.request("hello", version=1, client=self.name, features=self.features)
        self._socket.settimeout(self.server["limits"]["timeout_seconds"])  # the server pings well before
        if self.token:
            self.resume(self.token)
        return self.server

    def close(self):
        """Ends the connection. Nothing is lost: `connect` and `events` go on from here."""
        stream, self._stream = getattr(self, "_stream", None), None
        if stream:
            stream.close()
            self._socket.close()

    def request(self, type, **fields):
        """Sends a request and waits for its answer: a dict without `type` and `id`. Fields that are None are left out."""
        self._number += 1
        number = self._number
        self._send({"type": type, "id": number, **{name: value for name, value in fields.items() if value is not None}})
        while True:
            frame = self._receive()
            if frame.get("id") == number:
                kind = frame.pop("type")
                frame.pop("id")
                if kind == "error":
                    raise Refused(frame)
                return frame
            self._waiting.append(frame)

    def _send(self, message):
        body = json.dumps(message, ensure_ascii=False).encode()
        self._socket.sendall(struct.pack(">I", len(body)) + body)

    def _receive(self):
        """The next frame, pings answered. Raises Refused if the server says why it ends the connection, ConnectionError if it just ends."""
        while True:
            (length,) = struct.unpack(">I", self._read(4))
            if length > FRAME_LIMIT:
                raise ConnectionError("the server's frame is too large")
            frame = json.loads(self._read(length))
            if frame["type"] == "ping":
                self._send({**frame, "type": "pong"})
            elif frame["type"] == "error" and "id" not in frame:
                raise Refused(frame)
            else:
                return frame

    def _read(self, count):
        if not self._stream:
            raise ConnectionError("not connected")
        data = self._stream.read(count)
        if len(data) < count:
            raise ConnectionError("the server closed the connection")
        return data

    # The account.

    def register(self, user, password, device=None, token=None):
        """Makes an account. `token` is a registration token, where the server wants one."""
        return self._session(self.request("register", name=user, password=password, device=device, token=token))

    def login(self, user, password, device=None):
        return self._session(self.request("login", name=user, password=password, device=device))

    def resume(self, token):
        """Logs in by the `token` of an earlier register or login, which is worth keeping in a safe place."""
        return self._session(self.request("resume", token=token), token)

    def _session(self, answer, token=None):
        session = answer["session"]
        self.user, self.token = session["user"], session.get("token", token)
        return session

    # Rooms and speech. A key makes a message happen once, however often it is sent.

    def join(self, room):
        return self.retry("join", room=room)["room"]

    def leave(self, room, reason=None):
        self.request("leave", room=room, reason=reason)

    def say(self, room, text, **fields):
        """Says something; `fields` are those of PROTOCOL.md: kind, html, reply_to, thread, mentions."""
        return self.retry("say", room=room, text=text, key=str(uuid.uuid4()), **fields)["sent"]

    def dm(self, user, text, **fields):
        return self.retry("dm", user=user, text=text, key=str(uuid.uuid4()), **fields)["sent"]

    def history(self, room, limit=50, **place):
        """Events of a room, oldest first: the latest, or those before=, after= or around= an event id or a cursor."""
        return self.retry("history", room=room, limit=limit, **place)["history"]["events"]

    def retry(self, type, attempts=6, **fields):
        """A request that is sent again, over a new connection if need be, until it is answered for good."""
        for attempt in range(attempts):
            try:
                if not self._stream:
                    self.connect()
                return self.request(type, **fields)
            except (OSError, Refused) as error:
                if attempt + 1 == attempts:
                    raise
                self._recover(error, attempt)

    # The stream.

    def subscribe(self, start="now"):
        """Begins the stream: `events` will give everything from here on. It does so itself if it was not done."""
        self.cursor = self.retry("subscribe", **{"from": start})["subscribed"]["cursor"]
        self._subscribed = self._stream

    def events(self, start="now"):
        """Every event from `start` on ("now", "start" or a cursor), or from where `subscribe` began, for ever. A lost connection is made again,
        and the stream goes on where it was, with nothing missing and nothing twice. `cursor` is what to start from next time."""
        self.cursor, attempt = self.cursor if self._subscribed else start, 0
        while True:
            try:
                if not self._stream:
                    self.connect()
                if self._subscribed is not self._stream:  # the first time, and after every reconnection
                    answer = self.request("subscribe", **{"from": self.cursor})
                    self.cursor, self._subscribed = answer["subscribed"]["cursor"], self._stream
                frame = self._waiting.popleft() if self._waiting else self._receive()
            except (OSError, Refused) as error:
                self._recover(error, attempt)
                attempt += 1
                continue
            attempt = 0
            if frame["type"] == "signal":
                self.on_signal(frame["signal"])
            elif frame["type"] == "reset":
                self.on_reset(frame)
            if frame["type"] == "event":
                yield frame["event"]
            # Only now is it taken care of: whoever stops at the `yield` gets the event again.
            self.cursor = frame.get("cursor", self.cursor)

    def _recover(self, error, attempt):
        """Waits before another attempt, longer each time; raises `error` if there is no use in one."""
        pause = min(2**attempt, 60)
        if isinstance(error, Refused):
            if error.code not in RETRY:
                raise error
            pause = (error.retry_after_ms or pause * 1000) / 1000
        if not isinstance(error, Refused) or error.code not in {"unavailable", "rate_limited"}:
            self.close()
        time.sleep(pause)
