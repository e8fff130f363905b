// The calls of administration. What the canonical API offers to server admins, too, is called there.

import { client } from '../state/client.js';

/** @typedef {{data: any[], pagination: {hasMore: boolean, after: string | null}}} Part A part of a list. */

const base = '/admin/api';
const http = client.http;

/** @param {string} id */
const user = (id) => `${base}/users/${encodeURIComponent(id)}`;

/**
 * @param {string} method
 * @param {string} path
 * @param {any} [body]
 * @returns {Promise<any>}
 */
function call(method, path, body) {
  return http.request(method, path, { body });
}

export const api = {
  /** @param {{search?: string, after?: string, limit?: number, signal?: AbortSignal}} query @returns {Promise<Part>} */
  users: ({ signal, ...query }) => http.request('GET', `${base}/users`, { query, signal }),
  /** @param {string} id @param {string} password */
  resetPassword: (id, password) => call('PUT', `${user(id)}/password`, { password }),
  /** @param {string} id @param {boolean} disabled */
  setDisabled: (id, disabled) => call(disabled ? 'PUT' : 'DELETE', `${user(id)}/disabled`),
  /** @param {string} id @param {boolean} admin */
  setAdmin: (id, admin) => call(admin ? 'PUT' : 'DELETE', `${user(id)}/admin`),
  /** @param {string} id @param {{after?: string, signal?: AbortSignal}} query @returns {Promise<Part>} */
  sessions: (id, { signal, ...query }) => http.request('GET', `${user(id)}/sessions`, { query, signal }),
  /** @param {string} id @param {string} session */
  endSession: (id, session) => call('DELETE', `${user(id)}/sessions/${encodeURIComponent(session)}`),
  /** @param {string} id */
  endSessions: (id) => call('DELETE', `${user(id)}/sessions`),
  /** @param {{after?: string, signal?: AbortSignal}} query @returns {Promise<Part>} */
  files: ({ signal, ...query }) => http.request('GET', `${base}/files`, { query, signal }),
  /** @param {AbortSignal} signal */
  health: (signal) => http.data('GET', `${base}/health`, { signal }),
  /** @param {string} secret */
  claim: (secret) => call('POST', `${base}/first/claim`, { secret }),
  /** @param {{secret: string, username: string, email: string, password: string}} account */
  createFirst: (account) => http.request('POST', `${base}/first/account`, { body: account, anonymous: true }),
  /** Public rooms, a numbered page at a time. */
  rooms: ({ search, page, signal }) =>
    http.request('GET', '/api/rooms', {
      query: { visibility: 'public', sort: 'memberCount', search, page, limit: 20 }, signal,
    }),
  /** @param {string} id */
  deleteRoom: (id) => call('DELETE', `/api/rooms/${encodeURIComponent(id)}`),
};
