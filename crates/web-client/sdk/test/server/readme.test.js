// The examples of the README, run as one program.

import assert from "node:assert/strict";
import { readFile, rm, writeFile } from "node:fs/promises";
import { after, test } from "node:test";

import { startServer } from "../support/server.js";

test("the examples of the README run", { timeout: 60_000 }, async (context) => {
  const url = await startServer();
  const readme = await readFile(new URL("../../README.md", import.meta.url), "utf8");
  const blocks = [...readme.matchAll(/^```js\n(.*?)^```$/gms)].map((match) => match[1] ?? "");
  const program = blocks.join("\n").replace('"@parlor/client"', '"../../src/index.js"').replace("http://127.0.0.1:3020", url);
  const file = new URL("./readme.generated.js", import.meta.url);
  await writeFile(file, program);
  after(() => rm(file));
  /** @type {unknown[][]} */
  const printed = [];
  context.mock.method(console, "log", (/** @type {unknown[]} */ ...values) => printed.push(values));
  await import(file.href);
  const lines = printed.map((values) => values.join(" "));
  for (const line of ["ada", "10 of 10", "Milk, eggs", "live", "ada: From the connection", "Hello, ada", "While nobody listened"]) {
    assert.ok(lines.includes(line), `${line} is missing in:\n${lines.join("\n")}`);
  }
  assert.deepEqual(printed.at(-1), [0], "nothing is unread");
});
