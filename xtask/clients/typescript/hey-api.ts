// The scenario by the client that @hey-api/openapi-ts makes.

import { client as http } from './hey-api/client.gen.js';
import * as api from './hey-api/sdk.gen.js';
import type { ApiError } from './hey-api/types.gen.js';
import { asked, run, type Client } from './scenario.js';

type Code = ApiError['code'];

const { server, name } = asked();
http.setConfig({ baseUrl: server });

const client: Client<Code> = {
    signUp: (username, email, password) => api.signUp({ body: { username, email, password } }),
    async logIn(username, password) {
        const answer = await api.logIn({ body: { username, password } });
        http.setConfig({ auth: answer.data?.data.accessToken });
        return answer;
    },
    createRoom: (room) => api.createRoom({ body: { name: room } }),
    listRooms: (search) => api.listRooms({ query: { search, joined: true } }),
    getRoom: (id) => api.getRoom({ path: { id } }),
    send: (id, content) => api.sendMessage({ path: { id }, body: { content } }),
    listMessages: (id, query) => api.listMessages({ path: { id }, query }),
    getMessage: (id, messageId) => api.getMessage({ path: { id, messageId } }),
    editMessage: (id, messageId, content) => api.editMessage({ path: { id, messageId }, body: { content } }),
    deleteMessage: (id, messageId) => api.deleteMessage({ path: { id, messageId } }),
};

// @ts-expect-error: codes are an enumeration; a typing error in one does not compile.
const misspelt: Code = 'ROOM_NOT_FOUNT';
await run(client, name, 'ROOM_NOT_FOUND');
