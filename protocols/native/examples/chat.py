#!/usr/bin/env python3
"""A line chat over Polylogue's native protocol.

usage: chat.py [--register] [--plain] HOST[:PORT] NAME ROOM

Lines go to ROOM (#garden). Lines that begin with / do something else:
  /me waters the roses      say that you do something
  /msg bob hello            say something to a user
  /history [N]              show the last N events of the room
  /quit                     leave the program

--register makes the account first; a server that wants a registration token gets the one in the environment variable
POLYLOGUE_REGISTRATION_TOKEN. --plain connects without TLS, for a server under development.
The password is asked for, or taken from the environment variable POLYLOGUE_PASSWORD.
"""

import argparse
import getpass
import os
import sys
import threading

from polylogue_client import Client, Refused


def show(event):
    """One event as a line, or nothing for what a chat has no line for."""
    who, kind = event["sender"], event["type"]
    if kind == "message":
        return f"* {who} {event['text']}" if event["kind"] == "action" else f"<{who}> {event['text']}"
    if kind == "edit":
        return f"<{who}> (edit) {event['text']}"
    if kind == "media":
        return f"<{who}> {event.get('text') or '(' + event['event_type'] + ')'}"
    if kind == "sealed":
        return f"<{who}> (encrypted)"
    if kind == "member":
        reason = f" ({event['reason']})" if event.get("reason") else ""
        whom = "" if event["user"] == who else f" {event['user']}"
        return f"-- {who}: {event['change']}{whom}{reason}"
    if kind == "topic":
        return f"-- {who} sets the topic: {event['topic']}"
    return None


def plain(text):
    """Text of others without control characters: a terminal would obey them."""
    return "".join(c if c.isprintable() or c == "\n" else "?" for c in text)


def listen(client, room):
    """Prints what happens in one room and in conversations with users, until the connection ends for good."""
    try:
        for event in client.events():
            line = show(event)
            if line:
                print(plain(line if event["room"] == room else f"[{event['room']}] {line}"), flush=True)
    except Refused as error:
        print(f"chat.py: {error}", file=sys.stderr)
        os._exit(1)


def obey(client, room, line):
    """Does what a line says. Returns False when it was /quit."""
    word, _, rest = line.partition(" ")
    if word == "/quit":
        return False
    if word == "/me":
        client.say(room, rest, kind="action")
    elif word == "/msg":
        user, _, text = rest.partition(" ")
        client.dm(user, text)
    elif word == "/history":
        for event in client.history(room, limit=int(rest or 20)):
            print(plain(show(event) or f"-- {event['sender']}: {event['type']}"))
    elif word.startswith("/"):
        print("unknown command: /me, /msg, /history, /quit")
    elif line:
        client.say(room, line)
    return True


def enter(client, name):
    """Joins a room; whoever comes first makes it."""
    try:
        return client.join(name)
    except Refused as error:
        if error.code != "no_such_room" or not name.startswith("#"):
            raise
        return client.request("create", visibility="public", alias=name)["room"]


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--register", action="store_true")
    parser.add_argument("--plain", action="store_true")
    parser.add_argument("server")
    parser.add_argument("name")
    parser.add_argument("room")
    options = parser.parse_args()
    host, _, port = options.server.partition(":")
    password = os.environ.get("POLYLOGUE_PASSWORD") or getpass.getpass()

    connection = {"port": int(port or 7450), "name": "chat.py/1.0", "tls": not options.plain}
    talker = Client(host, **connection)
    if options.register:
        token = os.environ.get("POLYLOGUE_REGISTRATION_TOKEN")
        talker.register(options.name, password, device="chat.py", token=token)
    else:
        talker.login(options.name, password, device="chat.py")
    room = enter(talker, options.room)

    # One connection talks, another one listens: so neither waits for the other. It listens before anybody is told that somebody is here.
    listener = Client(host, **connection)
    listener.resume(talker.token)
    listener.subscribe("now")
    print(f"-- in {options.room}: {room['members']} members. {plain(room.get('topic', ''))}", flush=True)
    threading.Thread(target=listen, args=(listener, room["id"]), daemon=True).start()

    for line in sys.stdin:
        try:
            if not obey(talker, room["id"], line.rstrip("\n")):
                break
        except (Refused, ValueError) as error:
            print(f"chat.py: {error}", file=sys.stderr)


if __name__ == "__main__":
    try:
        main()
    except (Refused, OSError, KeyboardInterrupt) as error:
        sys.exit(f"chat.py: {error}")
