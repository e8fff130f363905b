// A server of its own for a test, in a temporary folder and on a free port.

import { execFileSync, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after } from "node:test";

import { Parlor } from "../../src/index.js";

const PROGRAM = process.env["PARLOR_PROGRAM"] ?? join(import.meta.dirname, "../../../../../target/debug/parlor");

let databases = 0;

/**
 * Returns the settings of a new database on the PostgreSQL whose socket is in the folder `PARLOR_TEST_POSTGRES`; without one the server
 * uses SQLite.
 * @returns {Record<string, string>}
 */
function database() {
  const folder = process.env["PARLOR_TEST_POSTGRES"];
  if (!folder) return {};
  const name = `sdk_${process.pid}_${++databases}`;
  execFileSync("psql", ["-h", folder, "-U", "postgres", "-d", "postgres", "-qc", `CREATE DATABASE ${name}`]);
  return {
    DATABASE_URL: `postgres:///${name}?user=postgres&host=${folder}`,
    PARLOR_JWT_SECRET: "a secret of tests, of 32 bytes or more",
  };
}

/**
 * Starts a server, which ends with the test file.
 * @param {Record<string, string>} [settings] Environment variables.
 * @returns {Promise<string>} Its address.
 */
export async function startServer(settings = {}) {
  const folder = await mkdtemp(join(tmpdir(), "parlor-sdk-"));
  const usual = { PARLOR_LISTEN: "127.0.0.1:0", PARLOR_LIMITS: "off", PARLOR_LOG: "error" };
  const env = { PATH: process.env["PATH"], ...usual, ...database(), ...settings };
  const server = spawn(PROGRAM, [], { cwd: folder, env, stdio: ["ignore", "pipe", "inherit"] });
  const exited = new Promise((resolve) => server.once("exit", resolve));
  after(async () => {
    server.kill("SIGKILL");
    await exited;
    await rm(folder, { recursive: true });
  });
  for await (const line of createInterface({ input: server.stdout })) {
    const url = /^Parlor listens on (.*)$/.exec(line)?.[1];
    if (url) return url;
  }
  throw new Error(`${PROGRAM} did not start`);
}

let people = 0;

/**
 * Makes an account and a client that is signed in to it.
 * @param {string} url
 * @param {import("../../src/parlor.js").ParlorOptions} [options]
 * @returns {Promise<Parlor & {me: {id: string, username: string}}>}
 */
export async function signedIn(url, options) {
  const client = new Parlor({ url, ...options });
  const username = `person${++people}`;
  const { id } = await client.auth.signup({ username, email: `${username}@example.com`, password: PASSWORD });
  await client.auth.login({ username, password: PASSWORD });
  return Object.assign(client, { me: { id, username } });
}

/** The password of every account. */
export const PASSWORD = "correct horse";

/**
 * Returns a storage with the session of a client, for another client of the same account.
 * @param {Parlor} client
 * @returns {import("../../src/session.js").TokenStorage}
 */
export function sessionOf(client) {
  return { load: () => client.session.current, save: () => {} };
}

/**
 * Makes a room with members.
 * @param {Parlor} admin
 * @param {Parlor[]} [members]
 * @param {string} [name]
 */
export async function roomOf(admin, members = [], name = "Talk") {
  const room = await admin.rooms.create({ name });
  for (const member of members) await member.rooms.join(room.id);
  return room;
}
