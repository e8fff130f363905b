// Listens to a room over Socket.IO and writes every event as a line of JSON. Arguments: URL, token, room id, and from
// which revision on, where something was missed.
import { io } from "socket.io-client";

const [url, token, roomId, since] = process.argv.slice(2);
const socket = io(url, { auth: { token } });
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const ask = since === undefined ? { roomId } : { roomId, since: Number(since) };
socket.onAny((name, data) => say({ name, data }));
socket.on("connect", async () => say({ name: "joined", data: await socket.emitWithAck("joinRoom", ask) }));
process.stdin.on("end", () => process.exit(0)).resume();
