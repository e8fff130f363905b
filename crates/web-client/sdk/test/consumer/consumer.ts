// The package as a program in TypeScript uses it: by its name, with the types that it is published with.

import { Parlor, ParlorError, Store, type Message, type Room } from "@parlor/client";

const client = new Parlor({ url: "http://127.0.0.1:3020" });

export async function rename(id: string, name: string): Promise<Room | string> {
  try {
    return await client.rooms.update(id, { name });
  } catch (error) {
    if (error instanceof ParlorError && error.code === "VALIDATION_FAILED") return error.fields["name"] ?? error.message;
    throw error;
  }
}

export async function newest(id: string): Promise<Message | undefined> {
  const { data, pagination } = await client.messages.list(id, { limit: 1 });
  const cursor: string | null = pagination.before;
  return cursor === null ? undefined : data[0];
}

export function watch(store: Store, room: Room): () => void {
  return store.subscribe(`messages:${room.id}`, () => {
    const seqs: number[] = store.messages(room.id)?.items.map(({ seq }) => seq) ?? [];
    if (store.state.name === "waiting") console.log(seqs, new Date(store.state.until));
  });
}

// @ts-expect-error A draft has no such field.
export const refused = client.messages.send("id", { words: "Hello" });
