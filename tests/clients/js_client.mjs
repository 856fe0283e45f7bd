// A matrix-js-sdk client that lines on standard input drive, for the tests of real clients.
//
// usage: node js_client.mjs HOMESERVER USER PASSWORD     (NODE_PATH-free: run it where node_modules holds matrix-js-sdk)
//
// Commands, one per line: `join ALIAS`, `say ALIAS TEXT`, `dm USER TEXT`, `history ALIAS`, `quit`. What happens is printed as one line of JSON each,
// with the same fields as nio_client.py.
import "fake-indexeddb/auto";
import { createInterface } from "node:readline";
import * as sdk from "matrix-js-sdk";
import { logger } from "matrix-js-sdk/lib/logger.js";

logger.setLevel?.("error");

const [homeserver, user, password] = process.argv.slice(2);
const tell = (event, fields = {}) => process.stdout.write(JSON.stringify({ event, ...fields }) + "\n");

const login = await sdk.createClient({ baseUrl: homeserver }).login("m.login.password", {
    identifier: { type: "m.id.user", user },
    password,
});
const client = sdk.createClient({
    baseUrl: homeserver,
    accessToken: login.access_token,
    userId: login.user_id,
    deviceId: login.device_id,
});
const rooms = new Map();

client.on(sdk.RoomEvent.Timeline, (event, room, toStart) => {
    if (toStart || event.getType() !== "m.room.message") return;
    tell("message", {
        room: room.getCanonicalAlias() ?? room.roomId,
        sender: event.getSender(),
        body: event.getContent().body,
        kind: event.getContent().msgtype,
    });
});
client.on(sdk.RoomMemberEvent.Membership, async (_event, member) => {
    if (member.userId === client.getUserId() && member.membership === "invite") await client.joinRoom(member.roomId);
});

const commands = {
    async join(alias) {
        const room = await client.joinRoom(alias);
        rooms.set(alias, room.roomId);
        tell("joined", { room: alias });
    },
    async say(alias, text) {
        await send(rooms.get(alias), text);
    },
    async dm(peer, text) {
        const known = client.getRooms().find((room) => room.getMyMembership() === "join" && !room.getCanonicalAlias() && room.getMember(peer) && room.getMembers().length === 2);
        const roomId = known?.roomId ?? (await client.createRoom({ is_direct: true, invite: [peer], preset: "trusted_private_chat" })).room_id;
        await send(roomId, text);
    },
    async history(alias) {
        const reply = await client.createMessagesRequest(rooms.get(alias), null, 50, sdk.Direction.Backward);
        const bodies = reply.chunk.filter((event) => event.type === "m.room.message").map((event) => event.content.body);
        tell("history", { room: alias, bodies: bodies.reverse() });
    },
};

async function send(roomId, text) {
    await client.sendTextMessage(roomId, text);
    tell("sent", { body: text });
}

client.once(sdk.ClientEvent.Sync, (state) => tell(state === "PREPARED" ? "ready" : "error", { what: "sync", message: state, user: client.getUserId() }));
await client.startClient({ initialSyncLimit: 20 });

for await (const line of createInterface({ input: process.stdin })) {
    const [command, first, ...rest] = line.split(" ");
    if (command === "quit") break;
    try {
        await commands[command](first, rest.join(" "));
    } catch (error) {
        tell("error", { what: command, message: String(error) });
    }
}
client.stopClient();
process.exit(0);
