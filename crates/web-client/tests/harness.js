// What the tests share: a browser, people with accounts, and the rule that a page never complains.
//
// Environment: PARLOR_URL (a server without limits), CHROMIUM (a path), SCREENSHOTS (a folder), HEADED=1 to watch.

import assert from 'node:assert/strict';
import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { after } from 'node:test';
import { chromium } from 'playwright-core';

export const url = (process.env.PARLOR_URL ?? 'http://127.0.0.1:3020').replace(/\/$/, '');
const folder = process.env.SCREENSHOTS ?? 'screenshots';

export const DESKTOP = { width: 1280, height: 800 };
export const PHONE = { width: 360, height: 740 };
export const PASSWORD = 'correct horse battery';

/** The time within which something that is to happen happens; a busy machine needs more than a person would wait. */
const PATIENCE_MS = 30_000;

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  headless: !process.env.HEADED,
  // Root, as in containers, has no sandbox.
  args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
});
after(() => browser.close());

/**
 * Opens a window for somebody. They have an account and are signed in, unless `signedIn` is false. When the test ends it fails
 * if the page logged an error, threw one, or violated its policy.
 *
 * @param {import('node:test').TestContext} t
 * @param {string} name
 * @param {{signedIn?: boolean, plain?: boolean, at?: string, viewport?: {width: number, height: number}, colorScheme?: 'light' | 'dark',
 *   permissions?: string[]}} [options] `at` is the fragment of the first page; with `plain` the name is used as it is, where
 *   nobody has it, for pictures
 */
export async function person(t, name, { signedIn = true, plain = false, at = '', viewport = DESKTOP, colorScheme = 'light', permissions = [] } = {}) {
  const context = await browser.newContext({ viewport, colorScheme, permissions, locale: 'en-GB', reducedMotion: 'reduce' });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  /** @type {string[]} */
  const complaints = [];
  /** @type {RegExp[]} */
  const expected = [];
  const complain = (text) => complaints.push(text);
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && complain(message.text()));
  page.on('pageerror', (error) => complain(error.stack ?? error.message));
  t.after(async () => {
    await context.close();
    const unexpected = complaints.filter((text) => !expected.some((pattern) => pattern.test(text)));
    assert.deepEqual(unexpected, [], `the page of ${name} complained`);
  });
  const session = signedIn ? await account(plain ? name : unique(name)).catch(() => account(unique(name))) : null;
  const username = session?.user.username ?? unique(name);
  if (session) await page.addInitScript(seed, session);
  await page.goto(`${url}/${at}`);
  return {
    page,
    context,
    username,
    token: session?.token,
    id: session?.user.id,
    /** Calls the API in the name of this person. */
    api: (path, options) => api(path, { token: session?.token, ...options }),
    /** Lets the page log what the test provokes. @param {RegExp} pattern */
    expects: (pattern) => void expected.push(pattern),
  };
}

/** Puts a session into a new tab; a later reload or sign-out finds it as the page left it. @param {any} session */
function seed(session) {
  if (sessionStorage.getItem('seeded')) return;
  sessionStorage.setItem('seeded', 'true');
  sessionStorage.setItem('parlor.session', JSON.stringify(session));
}

/** Makes an account and logs it in. @param {string} username */
export async function account(username) {
  const body = { username, email: `${username}@example.com`, password: PASSWORD };
  await api('/api/auth/signup', { body });
  const { accessToken, expiresAt, user } = await api('/api/auth/login', { body: { username, password: PASSWORD } });
  return { token: accessToken, expiresAt, renewAt: Date.now() + 3_600_000, user };
}

/** A name that no other test uses. @param {string} name */
export function unique(name) {
  return `${name}-${Math.random().toString(36).slice(2, 8)}`;
}

/**
 * Calls the API, and returns the data of the answer.
 *
 * @param {string} path
 * @param {{method?: string, body?: any, token?: string}} [options]
 */
export async function api(path, { method, body, token } = {}) {
  const response = await fetch(url + path, {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers: { ...(token && { authorization: `Bearer ${token}` }), ...(body !== undefined && { 'content-type': 'application/json' }) },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  assert.ok(response.ok, `${path}: ${response.status} ${text}`);
  return text ? JSON.parse(text).data : undefined;
}

/** Makes a room with members. @param {any} owner @param {any} [room] @param {any[]} [members] */
export async function room(owner, room = {}, members = []) {
  const made = await owner.api('/api/rooms', { body: { name: unique('Room'), ...room } });
  for (const member of members) {
    if (made.visibility === 'private') {
      await owner.api(`/api/rooms/${made.id}/invitations`, { body: { userId: member.id } });
    }
    await member.api(`/api/rooms/${made.id}/join`, { method: 'POST' });
  }
  return made;
}

/** Sends a message by the API. @param {any} sender @param {string} roomId @param {string} content @param {any} [others] */
export function send(sender, roomId, content, others = {}) {
  return sender.api(`/api/rooms/${roomId}/messages`, { body: { content, ...others } });
}

/** Stores a screenshot. @param {import('playwright-core').Page} page @param {string} name */
export async function screenshot(page, name) {
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: `${folder}/${name}.png`, animations: 'disabled', caret: 'hide' });
}

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/**
 * Fails if axe finds something serious.
 *
 * @param {import('playwright-core').Page} page
 * @param {string} view
 * @param {string[]} [rules] the rules to check, instead of all
 */
export async function accessible(page, view, rules) {
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(axe);
  const { violations } = await page.evaluate((only) => globalThis.axe.run(document, {
    resultTypes: ['violations'],
    ...(only && { runOnly: only }),
  }), rules);
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  const found = serious.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id} ${target}: ${failureSummary}`));
  assert.deepEqual(found, [], `axe on ${view}`);
}
