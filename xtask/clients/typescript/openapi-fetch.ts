// The scenario by openapi-fetch, with the types of openapi-typescript.

import createClient from 'openapi-fetch';

import type { components, paths } from './openapi-fetch/schema.js';
import { asked, run, type Client } from './scenario.js';

type Code = components['schemas']['ApiError']['code'];

const { server, name } = asked();
const api = createClient<paths>({ baseUrl: server });

const client: Client<Code> = {
    signUp: (username, email, password) => api.POST('/api/auth/signup', { body: { username, email, password } }),
    async logIn(username, password) {
        const answer = await api.POST('/api/auth/login', { body: { username, password } });
        const token = answer.data?.data.accessToken;
        api.use({
            onRequest({ request }) {
                request.headers.set('Authorization', `Bearer ${token}`);
            },
        });
        return answer;
    },
    createRoom: (room) => api.POST('/api/rooms', { body: { name: room } }),
    listRooms: (search) => api.GET('/api/rooms', { params: { query: { search, joined: true } } }),
    getRoom: (id) => api.GET('/api/rooms/{id}', { params: { path: { id } } }),
    send: (id, content) => api.POST('/api/rooms/{id}/messages', { params: { path: { id } }, body: { content } }),
    listMessages: (id, query) => api.GET('/api/rooms/{id}/messages', { params: { path: { id }, query } }),
    getMessage: (id, messageId) =>
        api.GET('/api/rooms/{id}/messages/{messageId}', { params: { path: { id, messageId } } }),
    editMessage: (id, messageId, content) =>
        api.PATCH('/api/rooms/{id}/messages/{messageId}', { params: { path: { id, messageId } }, body: { content } }),
    deleteMessage: (id, messageId) =>
        api.DELETE('/api/rooms/{id}/messages/{messageId}', { params: { path: { id, messageId } } }),
};

// @ts-expect-error: codes are an enumeration; a typing error in one does not compile.
const misspelt: Code = 'ROOM_NOT_FOUNT';
await run(client, name, 'ROOM_NOT_FOUND');
