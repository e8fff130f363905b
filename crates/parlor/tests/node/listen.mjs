// Listens to a room over Socket.IO and writes every event as a line of JSON. Arguments: URL, token, room id.
import { io } from "socket.io-client";

const [url, token, roomId] = process.argv.slice(2);
const socket = io(url, { auth: { token } });
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
socket.onAny((name, data) => say({ name, data }));
socket.on("connect", async () => say({ name: "joined", data: await socket.emitWithAck("joinRoom", { roomId }) }));
process.stdin.on("end", () => process.exit(0)).resume();
