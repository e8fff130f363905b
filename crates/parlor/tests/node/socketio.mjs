// The official Socket.IO client against a live server. Arguments: URL, two tokens, the id of a public room of the
// first user's. Every check throws; the exit code tells.
import assert from "node:assert/strict";
import { io } from "socket.io-client";

const [url, johnsToken, janesToken, roomId] = process.argv.slice(2);
const patience = 15_000;

function connect(token, options = {}) {
  const socket = io(url, { auth: { token }, reconnection: false, forceNew: true, ...options });
  socket.heard = [];
  socket.waiting = [];
  socket.onAny((name, data) => {
    socket.heard.push({ name, data });
    socket.waiting.splice(0).forEach((wake) => wake());
  });
  return new Promise((resolve, reject) => {
    socket.on("connect", () => resolve(socket));
    socket.on("connect_error", reject);
  });
}

// The next event of that name; what came before it is passed over.
async function next(socket, name) {
  const deadline = Date.now() + patience;
  for (;;) {
    while (socket.heard.length > 0) {
      const event = socket.heard.shift();
      if (event.name === name) return event.data;
    }
    assert(Date.now() < deadline, `no ${name} in time`);
    await new Promise((resolve) => {
      const timer = setTimeout(resolve, patience);
      socket.waiting.push(() => (clearTimeout(timer), resolve()));
    });
  }
}

const ask = (socket, name, data) => socket.timeout(patience).emitWithAck(name, data);

// Nobody comes in without a valid token.
for (const token of [undefined, "wrong"]) {
  await assert.rejects(connect(token), (error) => error.message === "Unauthorized");
}

for (const [label, options] of [
  ["websocket", { transports: ["websocket"] }],
  ["polling", { transports: ["polling"] }],
  ["upgrade", {}],
]) {
  const john = await connect(johnsToken, options);
  const jane = await connect(janesToken, options);
  const joined = await ask(john, "joinRoom", { roomId });
  assert.equal(joined.success, true);
  assert.equal(joined.data.roomId, roomId);
  assert.equal((await ask(jane, "joinRoom", { roomId })).success, true);
  assert.equal((await next(john, "user-joined")).username, "jane_doe");

  const clientId = `key-${label}`;
  const answered = await ask(jane, "message", { roomId, content: `Hello by ${label}`, clientId });
  assert.equal(answered.success, true);
  for (const socket of [john, jane]) {
    const heard = await next(socket, "message");
    assert.deepEqual(heard, answered.data);
    assert.equal(heard.roomId, roomId);
    assert.equal(heard.content, `Hello by ${label}`);
    assert.equal(heard.sender.username, "jane_doe");
    assert.ok(heard.sender._id && heard._id && heard.createdAt);
    assert.ok(Number.isInteger(heard.seq) && Number.isInteger(heard.revision));
  }
  // The same key again is the same message.
  const again = await ask(jane, "message", { roomId, content: `Hello by ${label}`, clientId });
  assert.equal(again.data._id, answered.data._id);

  // What passes is passed on to the others.
  assert.equal((await ask(jane, "typing", { roomId })).success, true);
  assert.equal((await next(john, "typing")).username, "jane_doe");
  const said = await ask(john, "message", { roomId, content: "Have you read this?" });
  for (const socket of [john, jane]) await next(socket, "message");
  assert.equal((await ask(jane, "read", { roomId, seq: said.data.seq })).data.roomId, roomId);
  assert.equal((await next(john, "read")).seq, said.data.seq);

  // A reply in a thread, with metadata.
  const extras = { replyTo: said.data._id, threadId: said.data._id, metadata: { color: "red" } };
  const reply = await ask(jane, "message", { roomId, content: "I have", ...extras });
  assert.equal(reply.success, true, JSON.stringify(reply));
  for (const socket of [john, jane]) {
    const heard = await next(socket, "message");
    assert.deepEqual(heard, reply.data);
    assert.equal(heard.replyTo.content, "Have you read this?");
    assert.equal(heard.threadId, said.data._id);
    assert.deepEqual(heard.metadata, { color: "red" });
    assert.deepEqual([heard.thread, heard.reactions, heard.mentions, heard.pinnedAt], [null, [], [], null]);
  }

  // Who was away catches up.
  assert.equal((await ask(john, "leaveRoom", { roomId })).success, true);
  await next(jane, "user-left");
  const missed = await ask(jane, "message", { roomId, content: "while away" });
  await ask(john, "joinRoom", { roomId, since: reply.data.revision });
  assert.equal((await next(john, "message"))._id, missed.data._id);
  assert.equal((await next(john, "caught-up")).revision, missed.data.revision);

  // A file comes as one event to all, whatever it says it is.
  const file = { roomId, filename: "../notes.txt", mimetype: "image/png", data: Buffer.from("hello") };
  const shared = await ask(jane, "fileUpload", file);
  assert.equal(shared.success, true, JSON.stringify(shared));
  for (const socket of [john, jane]) {
    const heard = await next(socket, "fileUpload");
    assert.deepEqual(heard, shared.data);
    assert.equal(heard.type, "file");
    assert.equal(heard.roomId, roomId);
    assert.equal(heard.file.name, "notes.txt");
    assert.equal(heard.file.size, 5);
    const { filename, originalName, mimetype, size, url, uploadedBy } = heard;
    assert.deepEqual([filename, originalName, mimetype], ["notes.txt", "notes.txt", "text/plain; charset=utf-8"]);
    assert.deepEqual([size, url, uploadedBy], [5, heard.file.url, heard.sender._id]);
  }
  const bytes = await fetch(`${url}${shared.data.url}`, { headers: { authorization: `Bearer ${johnsToken}` } });
  assert.equal(await bytes.text(), "hello");

  // What is wrong is said.
  for (const [event, data] of [
    ["joinRoom", {}],
    ["joinRoom", { roomId: "x" }],
    ["joinRoom", "x"],
    ["typing", {}],
    ["read", { roomId, seq: "x" }],
    ["message", { roomId, content: "" }],
    ["message", { roomId, content: "x", metadata: null }],
    ["message", { roomId, content: "x", threadId: reply.data._id }],
    ["message", { roomId, content: "x", replyTo: "0197a5c2-8f00-7000-8000-000000000000" }],
    ["fileUpload", { roomId, filename: "a" }],
    ["fileUpload", null],
    ["leaveRoom", { roomId: "0197a5c2-8f00-7000-8000-000000000000" }],
    ["dance", { roomId }],
    ["fileUpload", { ...file, roomId: "0197a5c2-8f00-7000-8000-000000000000" }],
    ["message", { roomId: "0197a5c2-8f00-7000-8000-000000000000", content: "x" }],
  ]) {
    const refused = await ask(john, event, data);
    assert.equal(refused.success, false, JSON.stringify(refused));
    assert.ok(refused.message && refused.errors.length > 0);
  }
  // Every bad field is named.
  const bad = await ask(john, "fileUpload", { roomId: "x", filename: 5, data: "not binary" });
  for (const field of ["roomId", "filename", "data"]) assert.ok(bad.errors.some((said) => said.startsWith(field)));
  // Jane is out before she comes in by the next transport, or nobody would see her come.
  jane.disconnect();
  await next(john, "user-left");
  john.disconnect();
}

// A logout ends the socket.
const jane = await connect(janesToken);
const ended = new Promise((resolve) => jane.on("disconnect", resolve));
const answer = await fetch(`${url}/api/auth/logout`, {
  method: "POST",
  headers: { authorization: `Bearer ${janesToken}` },
});
assert.equal(answer.status, 204);
await ended;
process.exit(0);
