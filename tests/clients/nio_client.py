"""A matrix-nio client that lines on standard input drive, for the tests of real clients.

usage: nio_client.py HOMESERVER USER PASSWORD

Commands, one per line: `join ALIAS`, `say ALIAS TEXT`, `dm USER TEXT`, `history ALIAS`, `quit`. What happens is printed as one line of JSON each:
{"event": "message", "room": ..., "sender": ..., "body": ..., "direct": ...}, {"event": "joined", ...}, {"event": "error", ...}.
"""

import asyncio
import json
import sys

from nio import AsyncClient, InviteMemberEvent, JoinError, LoginError, RoomCreateError, RoomMessage, RoomSendError, SyncError


def tell(event, **fields):
    print(json.dumps({"event": event, **fields}), flush=True)


class Driver:
    def __init__(self, client):
        self.client = client
        self.rooms = {}

    async def join(self, alias):
        reply = await self.client.join(alias)
        if isinstance(reply, JoinError):
            return tell("error", what="join", message=str(reply))
        self.rooms[alias] = reply.room_id
        tell("joined", room=alias)

    async def say(self, alias, text):
        await self.send(self.rooms[alias], text)

    async def dm(self, user, text):
        room = next((r.room_id for r in self.client.rooms.values() if not r.canonical_alias and user in r.users and len(r.users) == 2), None)
        if room is None:
            reply = await self.client.room_create(is_direct=True, invite=[user])
            if isinstance(reply, RoomCreateError):
                return tell("error", what="create", message=str(reply))
            room = reply.room_id
        await self.send(room, text)

    async def history(self, alias):
        reply = await self.client.room_messages(self.rooms[alias], start="", limit=50)
        bodies = [e.body for e in reversed(getattr(reply, "chunk", [])) if isinstance(e, RoomMessage)]
        tell("history", room=alias, bodies=bodies)

    async def send(self, room, text):
        reply = await self.client.room_send(room, "m.room.message", {"msgtype": "m.text", "body": text})
        if isinstance(reply, RoomSendError):
            return tell("error", what="send", message=str(reply))
        tell("sent", body=text)

    async def message(self, room, event):
        tell("message", room=room.canonical_alias or room.room_id, sender=event.sender, body=event.body, kind=type(event).__name__)

    async def invited(self, room, event):
        if event.state_key == self.client.user_id and event.membership == "invite":
            await self.client.join(room.room_id)


async def main(homeserver, user, password):
    client = AsyncClient(homeserver, user)
    reply = await client.login(password)
    if isinstance(reply, LoginError):
        return tell("error", what="login", message=str(reply))
    driver = Driver(client)
    client.add_event_callback(driver.message, RoomMessage)
    client.add_event_callback(driver.invited, InviteMemberEvent)
    client.add_response_callback(lambda error: tell("error", what="sync", message=str(error)), SyncError)
    await client.sync(timeout=0, full_state=True)
    syncing = asyncio.create_task(client.sync_forever(timeout=30_000))
    tell("ready", user=client.user_id)
    loop = asyncio.get_running_loop()
    while line := (await loop.run_in_executor(None, sys.stdin.readline)).strip():
        command, *rest = line.split(" ", 2)
        if command == "quit":
            break
        await getattr(driver, command)(*rest)
    syncing.cancel()
    await client.close()


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    asyncio.run(main(*sys.argv[1:]))
