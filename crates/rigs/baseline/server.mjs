// The chat server that Parlor is compared with: what a careful author would write on Express, node-postgres and Socket.IO.
// Statements are named, so that PostgreSQL plans them once; a send is one statement. It has the paths that the rig calls.
import { createHmac, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import express from "express";
import pg from "pg";
import { Server } from "socket.io";

const SECRET = "only for this measurement, never elsewhere";
const pool = new pg.Pool({ host: process.env.PGHOST, user: "postgres", database: process.env.PGDATABASE, max: 16 });

/** Reads a statement, whose `:names` become `$1`, `$2`, …; returns a function that runs it with an object of values. */
function statement(name) {
  const names = [];
  const text = readFileSync(new URL(`statements/${name}.sql`, import.meta.url), "utf8").replace(
    /(?<!:):([a-z]+)/g,
    (_, variable) => {
      if (!names.includes(variable)) names.push(variable);
      return `$${names.indexOf(variable) + 1}`;
    },
  );
  return async (values) => (await pool.query({ name, text, values: names.map((variable) => values[variable]) })).rows;
}
const [check, send, newest, before, list, search, members] = [
  "check", "send", "newest", "before", "list", "search", "members",
].map(statement);

const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
const sign = (text) => createHmac("sha256", SECRET).update(text).digest();
const HEADER = encode({ alg: "HS256", typ: "JWT" });

function token(user) {
  const text = `${HEADER}.${encode({ sub: user, exp: Math.floor(Date.now() / 1000) + 86400 })}`;
  return `${text}.${sign(text).toString("base64url")}`;
}

/** Checks the token of a request and sets its user. */
function signedIn(request, response, next) {
  const given = request.headers.authorization?.slice("Bearer ".length) ?? "";
  const end = given.lastIndexOf(".");
  const [text, signature] = [given.slice(0, end), Buffer.from(given.slice(end + 1), "base64url")];
  const expected = sign(text);
  if (signature.length !== expected.length || !timingSafeEqual(signature, expected)) {
    return response.status(401).json({ error: "Unauthorized" });
  }
  const claims = JSON.parse(Buffer.from(text.split(".")[1], "base64url"));
  if (claims.exp * 1000 < Date.now()) return response.status(401).json({ error: "Unauthorized" });
  request.user = claims.sub;
  next();
}

async function asMember(request, response, next) {
  const [member] = await check({ room: request.params.room, user: request.user });
  if (!member) return response.status(403).json({ error: "Not a member" });
  next();
}

const app = express();
app.disable("x-powered-by");
app.set("etag", false);
app.use(express.json());
app.get("/health", (_, response) => response.json({ status: "ok" }));
app.get("/token/:user", (request, response) => response.json({ token: token(Number(request.params.user)) }));
app.get("/api/rooms", signedIn, async (request, response) => {
  const { user, query } = request;
  const rows = query.search ? await search({ user, pattern: `%${query.search}%` }) : await list({ user });
  response.json({ data: rows.slice(0, 20), pagination: { page: 1, limit: 20, hasMore: rows.length > 20 } });
});
app.get("/api/rooms/:room/members", signedIn, asMember, async (request, response) => {
  const rows = await members({ room: request.params.room });
  response.json({ data: rows.slice(0, 20), pagination: { page: 1, limit: 20, hasMore: rows.length > 20 } });
});
app.get("/api/rooms/:room/messages", signedIn, asMember, async (request, response) => {
  const [room, cursor] = [request.params.room, request.query.before];
  const rows = cursor ? await before({ room, before: cursor }) : await newest({ room });
  response.json({ data: rows, pagination: { before: rows.at(-1)?.seq ?? null } });
});
app.post("/api/rooms/:room/messages", signedIn, async (request, response) => {
  const { content } = request.body;
  if (typeof content !== "string" || content.length < 1 || content.length > 1000) {
    return response.status(400).json({ error: "Invalid fields: content" });
  }
  const [message] = await send({ room: request.params.room, user: request.user, content });
  if (!message) return response.status(403).json({ error: "Not a member" });
  response.status(201).json({ data: { ...message, content } });
});

const http = createServer(app);
const io = new Server(http, { transports: ["websocket"], perMessageDeflate: false });
let revision = 0;
io.on("connection", (socket) => {
  socket.on("publish", (message) => {
    revision += 1;
    // As many fields as Parlor's event.
    socket.broadcast.emit("message", {
      action: "new-message",
      roomId: "01a1fd6d-931e-7224-80e1-69de66df6795",
      revision,
      seq: revision,
      id: "01a1fd6d-9030-752a-8d03-0341185a4102",
      sender: "jane_doe",
      senderId: "01a1fd6d-9030-752a-8d03-0341185a4103",
      message,
      type: "text",
      file: null,
      clientId: null,
      timestamp: new Date().toISOString(),
      editedAt: null,
    });
  });
});
http.listen(0, "127.0.0.1", () => console.log(`127.0.0.1:${http.address().port}`));
