// The steps that every generated TypeScript client takes, and the types that its own must fit without a cast.

import assert from 'node:assert/strict';

export interface Room {
    id: string;
    name: string;
    membership: { role: 'admin' | 'member'; unreadCount: number } | null;
}

export interface Message {
    id: string;
    seq: number;
    content: string | null;
    sender: { id: string; username: string };
    editedAt: string | null;
}

export interface MessagePage {
    data: Message[];
    pagination: { hasMore?: boolean | null; before: string | null; after: string | null };
}

export interface Position {
    limit: number;
    order?: 'asc' | 'desc';
    before?: string;
    after?: string;
}

/** An answer as these clients give it: data or an error, by status. */
export interface Answer<Data, Code> {
    data?: Data;
    error?: { ok: false; error: string; code: Code; requestId: string };
}

export interface Client<Code> {
    signUp(username: string, email: string, password: string): Promise<Answer<unknown, Code>>;
    /** Logs in, and sends the token with everything that follows. */
    logIn(username: string, password: string): Promise<Answer<unknown, Code>>;
    createRoom(name: string): Promise<Answer<{ data: Room }, Code>>;
    listRooms(search: string): Promise<Answer<{ data: Room[]; pagination: { total: number } }, Code>>;
    getRoom(id: string): Promise<Answer<{ data: Room }, Code>>;
    send(room: string, content: string): Promise<Answer<{ data: Message }, Code>>;
    listMessages(room: string, position: Position): Promise<Answer<MessagePage, Code>>;
    getMessage(room: string, message: string): Promise<Answer<{ data: Message }, Code>>;
    editMessage(room: string, message: string, content: string): Promise<Answer<{ data: Message }, Code>>;
    deleteMessage(room: string, message: string): Promise<Answer<unknown, Code>>;
}

const MESSAGES = 120;
const PAGE = 50;

/** Unwraps an answer that must be a success. */
function ok<Data, Code>(answer: Answer<Data, Code>): Data {
    assert.equal(answer.error, undefined, JSON.stringify(answer.error));
    return answer.data as Data;
}

/**
 * Reads a whole room in one direction, and checks that every message comes exactly once, in order. A client that drops the
 * cursor reads the first page for ever; the number of pages is bounded for it.
 */
async function readAll<Code>(client: Client<Code>, room: string, direction: 'before' | 'after'): Promise<Message[]> {
    const all: Message[] = [];
    // Forwards, the first page begins at a time before the first message rather than at a cursor.
    let position: Position =
        direction === 'before' ? { limit: PAGE } : { limit: PAGE, order: 'asc', after: '2000-01-01T00:00:00Z' };
    for (let pages = 1; ; pages += 1) {
        const page: MessagePage = ok(await client.listMessages(room, position));
        all.push(...page.data);
        if (!page.pagination.hasMore) break;
        assert(pages < MESSAGES / PAGE, 'the history has no end: the cursor did not arrive');
        const next = page.pagination[direction];
        assert(next !== null, 'a page with more behind it has a cursor');
        position = { ...position, [direction]: next };
    }
    return all;
}

/** Runs the scenario; `unknownRoom` is the code that the client's types give to a room that does not exist. */
export async function run<Code>(client: Client<Code>, name: string, unknownRoom: Code): Promise<void> {
    ok(await client.signUp(name, `${name}@example.com`, 'correct horse battery'));
    ok(await client.logIn(name, 'correct horse battery'));
    const room = ok(await client.createRoom(`Room of ${name}`)).data;
    assert.equal(room.membership?.role, 'admin');

    const sent: Message[] = [];
    for (let number = 1; number <= MESSAGES; number += 1) {
        sent.push(ok(await client.send(room.id, `message ${number}`)).data);
    }
    const ids = sent.map((message) => message.id);
    const older = await readAll(client, room.id, 'before');
    assert.deepEqual(older.map((message) => message.id), ids.toReversed(), 'each message once, newest first');
    const newer = await readAll(client, room.id, 'after');
    assert.deepEqual(newer.map((message) => message.id), ids, 'each message once, oldest first');

    const found = ok(await client.listRooms(name));
    assert.deepEqual(found.data.map(({ id }) => id), [room.id]);
    assert.equal(found.pagination.total, 1);
    assert.equal(ok(await client.getRoom(room.id)).data.membership?.unreadCount, 0);

    const [first, second] = sent;
    assert(first !== undefined && second !== undefined);
    const edited = ok(await client.editMessage(room.id, first.id, 'edited')).data;
    assert.equal(edited.content, 'edited');
    assert.notEqual(edited.editedAt, null);
    ok(await client.deleteMessage(room.id, second.id));
    assert.equal(ok(await client.getMessage(room.id, second.id)).data.content, null);

    const { error } = await client.getRoom('00000000-0000-7000-8000-000000000000');
    assert.equal(error?.code, unknownRoom);
    assert.equal(error?.ok, false);
}

/** The server's address and the user's name, from the command line. */
export function asked(): { server: string; name: string } {
    const [server, name] = process.argv.slice(2);
    assert(server !== undefined && name !== undefined, 'usage: node FILE SERVER USERNAME');
    return { server, name };
}
