// Calls and frames as text that can be run elsewhere. Secrets become variables.

import { server } from './client.js';

const SECRETS = { password: '$PASSWORD', currentPassword: '$PASSWORD', token: '$TOKEN', accessToken: '$TOKEN', ticket: '$TICKET' };

/** Replaces the values of secrets, at any depth. @param {any} value @returns {any} */
export function redact(value) {
  if (Array.isArray(value)) return value.map(redact);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).map(([key, inner]) =>
    [key, typeof inner === 'string' && Object.hasOwn(SECRETS, key) ? SECRETS[key] : redact(inner)]);
  return Object.fromEntries(entries);
}

/** The path of a call below the server, with its query. @param {{url?: string}} call */
export function pathOf({ url = '' }) {
  const path = url.startsWith(server) ? url.slice(server.length) : url;
  return path.replace(/([?&](?:token|ticket)=)[^&]+/g, '$1…');
}

/** @param {any} call */
export function asCurl(call) {
  if (call.kind !== 'request') return asFrame(call);
  const { method, body } = call;
  const lines = [`curl ${method === 'GET' ? '' : `-X ${method} `}${quote(server + pathOf(call))}`];
  if (needsToken(call)) lines.push('-H "Authorization: Bearer $TOKEN"');
  if (body === '(multipart)') lines.push("-F 'file=@FILE'");
  else if (body !== undefined) lines.push("-H 'Content-Type: application/json'", `-d ${quote(JSON.stringify(redact(body)))}`);
  return lines.join(' \\\n  ');
}

/** @param {any} call */
export function asJavaScript(call) {
  if (call.kind !== 'request') return asFrame(call);
  const { method, body } = call;
  const headers = [];
  if (needsToken(call)) headers.push('Authorization: `Bearer ${token}`');
  const isJson = body !== undefined && body !== '(multipart)';
  if (isJson) headers.push("'Content-Type': 'application/json'");
  const init = [
    method !== 'GET' && `method: '${method}'`,
    headers.length > 0 && `headers: { ${headers.join(', ')} }`,
    isJson && `body: JSON.stringify(${JSON.stringify(redact(body), null, 2).replaceAll('\n', '\n  ')})`,
    body === '(multipart)' && 'body: form',
  ].filter(Boolean);
  return `const response = await fetch(${JSON.stringify(server + pathOf(call))}, {\n  ${init.join(',\n  ')},\n});`;
}

/** @param {any} call */
function asFrame({ frame }) {
  if (frame === undefined) return '';
  return `socket.send(JSON.stringify(${JSON.stringify(redact(frame), null, 2)}));`;
}

/** @param {any} call */
function needsToken(call) {
  return !/\/api\/auth\/(login|signup)$/.test(pathOf(call));
}

/** Quotes a word for a shell. @param {string} word */
function quote(word) {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
