import assert from "node:assert/strict";
import { test } from "node:test";

import { Loader } from "../../src/store/loader.js";
import { Notifier } from "../../src/store/notifier.js";
import { RoomState } from "../../src/store/room.js";
import { summary } from "../support/messages.js";

test("of a room with very many members the first thousand are loaded", async () => {
  const asked = { members: 0 };
  const client = /** @type {any} */ ({
    members: {
      async *list() {
        for (;;) {
          asked.members += 1;
          yield { user: { id: String(asked.members), username: String(asked.members) }, role: "member", joinedAt: "", lastReadSeq: 0, online: false };
        }
      },
    },
    rooms: { presence: async () => [{ id: "7", username: "7", since: "" }] },
  });
  const room = new RoomState(summary(), new Notifier());
  await new Loader(client, new Notifier()).members(room);
  assert.equal(asked.members, 1000);
  assert.equal(room.people.list()?.length, 1000);
  assert.deepEqual(room.people.list()?.filter(({ online }) => online).map(({ user }) => user.id), ["7"]);
});
