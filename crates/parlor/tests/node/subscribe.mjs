// Listens to rooms over Socket.IO, with one stock client for each way of connecting. Each comes back by itself and joins
// with what it has. Argument: {url, token, rooms, clients: [{name, transports, address}]}, where `address` is that which
// the client comes from. Every event is written as a line of JSON.
import { Agent } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { io } from "socket.io-client";

const { url, token, rooms, clients } = JSON.parse(process.argv[2]);
const patience = 15_000;

for (const { name, transports, address } of clients) {
  const say = (event, data) => process.stdout.write(`${JSON.stringify({ client: name, event, data })}\n`);
  const agent = new Agent({ localAddress: address });
  const socket = io(url, { auth: { token }, transports, agent, forceNew: true, reconnectionDelayMax: 1000 });
  const known = new Map(rooms.map((room) => [room, 0]));

  async function join(roomId) {
    const session = socket.id;
    while (socket.connected && socket.id === session) {
      try {
        const asked = { roomId, since: known.get(roomId) };
        const answer = await socket.timeout(patience).emitWithAck("joinRoom", asked);
        if (answer.success) return;
        if (answer.code !== "UNAVAILABLE") say("refused", answer);
        await wait(200);
      } catch {
        // Who was cut off joins again when connected again. Else the answer is missing, which must not be.
        if (socket.id === session) say("refused", "no answer to joinRoom");
        return;
      }
    }
  }

  socket.onAny((event, data) => {
    if (Number.isInteger(data?.revision)) known.set(data.roomId, Math.max(known.get(data.roomId), data.revision));
    say(event, data);
  });
  socket.on("connect", () => rooms.forEach(join));
  // One that was refused its namespace does not try again.
  socket.on("connect_error", (error) => socket.active || say("refused", error.message));
  socket.on("disconnect", (reason) => say("disconnect", reason));
}
process.stdin.on("end", () => process.exit(0)).resume();
