// Administration, on a server of its own: the link that its start prints on a terminal, and the page at /admin.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { DESKTOP, PASSWORD, PHONE, accessible, person, screenshot } from './harness.js';

/** The program; the tests run in target/browser. */
const program = resolve(process.env.PARLOR ?? '../debug/parlor');

/** Starts a server on a terminal, and returns its address and the link that it prints. */
async function start(t) {
  const folder = await mkdtemp(join(tmpdir(), 'parlor-admin-'));
  const env = { PATH: process.env.PATH, PARLOR_LISTEN: '127.0.0.1:0', PARLOR_LIMITS: 'off', PARLOR_LOG: 'error', PARLOR_GRACE: '1s' };
  const terminal = spawn('script', ['-qefc', `exec '${program}' serve`, '/dev/null'], {
    cwd: folder, env, stdio: ['pipe', 'pipe', 'inherit'],
  });
  t.after(async () => {
    const ended = new Promise((done) => terminal.once('exit', done));
    // Ctrl-C, as a person ends it.
    terminal.stdin.write('\x03');
    await ended;
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  let printed = '';
  for await (const chunk of terminal.stdout) {
    printed += chunk;
    const link = /(http\S+)\/admin#first=\w+(?=\s)/.exec(printed);
    if (link) return { url: link[1], link: link[0] };
  }
  throw new Error(`no link was printed: ${printed}`);
}

/** Calls the API of that server; returns the status and the data. */
async function call(url, path, { method, body, token } = {}) {
  const response = await fetch(url + path, {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers: { ...(token && { authorization: `Bearer ${token}` }), 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, data: text ? JSON.parse(text).data : undefined };
}

const logIn = (url, username, password) => call(url, '/api/auth/login', { body: { username, password } });

/** Makes an account and returns its token. */
async function account(url, username) {
  const made = await call(url, '/api/auth/signup', { body: { username, email: `${username}@example.com`, password: PASSWORD } });
  assert.equal(made.status, 201);
  return (await logIn(url, username, PASSWORD)).data.accessToken;
}

test('whoever follows the first link administers the server in the browser', async (t) => {
  const { url, link } = await start(t);
  const [owner, late] = [await person(t, 'owner', { signedIn: false }), await person(t, 'late', { signedIn: false })];
  const { page } = owner;
  await page.goto(link);
  await page.getByRole('heading', { name: 'Become the first admin' }).waitFor();
  assert.ok(!page.url().includes('first='), 'the secret has left the address');
  await page.reload();
  await page.getByRole('heading', { name: 'Become the first admin' }).waitFor();
  await accessible(page, 'first admin');
  const fill = async (target, name) => {
    await target.getByLabel('Username').fill(name);
    await target.getByLabel('E-mail').fill(`${name}@example.com`);
    await target.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await target.getByRole('button', { name: 'Create the admin account' }).click();
  };
  await fill(page, 'owner');
  await page.getByText('You are the first admin of this server.').waitFor();
  await page.getByRole('heading', { name: 'Users', level: 1 }).waitFor();

  late.expects(/status of 404/);
  await late.page.goto(link);
  await fill(late.page, 'late');
  await late.page.getByText('This link is not good any more').waitFor();

  const token = await account(url, 'mallory');
  const room = await call(url, '/api/rooms', { token, body: { name: 'Spam here' } });
  await page.getByLabel('Find users').fill('mal');
  await page.getByText('mallory@example.com').waitFor();
  const act = async (name) => {
    await page.getByRole('button', { name: 'Actions for mallory' }).press('Enter');
    await page.getByRole('menuitem', { name, exact: true }).press('Enter');
  };
  await act('Set a new password');
  await page.getByLabel('New password', { exact: true }).fill('another horse battery');
  await page.getByLabel('New password', { exact: true }).press('Enter');
  await page.getByText('mallory has a new password').waitFor();
  assert.equal((await call(url, '/api/users/me', { token })).status, 401);
  const again = await logIn(url, 'mallory', 'another horse battery');
  assert.equal(again.status, 200);

  await act('Disable');
  await page.getByRole('dialog').getByRole('button', { name: 'Disable', exact: true }).click();
  await page.getByText('disabled', { exact: true }).waitFor();
  assert.equal((await call(url, '/api/users/me', { token: again.data.accessToken })).status, 401);
  assert.equal((await logIn(url, 'mallory', 'another horse battery')).status, 401);

  await page.getByRole('link', { name: 'Rooms' }).click();
  await page.getByRole('button', { name: 'Actions for Spam here' }).click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  await page.getByRole('button', { name: 'Delete room' }).click();
  await page.getByText('No public room yet').waitFor();
  assert.equal((await call(url, `/api/rooms/${room.data.id}`)).status, 404);
});

test('every part of administration is readable, on a desk and on a phone', async (t) => {
  const { url, link } = await start(t);
  const token = await account(url, 'ada');
  for (const name of ['Book club', 'Garden']) await call(url, '/api/rooms', { token, body: { name } });
  await call(url, '/admin/api/first/claim', { token, body: { secret: link.split('=')[1] } });
  const ada = await person(t, 'ada', { signedIn: false });
  const { page } = ada;
  ada.expects(/status of 40[13]/);
  await page.goto(`${url}/admin`);
  await accessible(page, 'sign in');
  await page.getByLabel('Username or e-mail').fill('ada');
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  const parts = { Users: 'ada@example.com', Rooms: 'Book club', Files: 'Nobody has uploaded a file', Health: 'data directory' };
  for (const [viewport, colorScheme, where] of [[DESKTOP, 'light', 'desktop'], [PHONE, 'dark', 'phone']]) {
    await page.setViewportSize(viewport);
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    for (const [part, words] of Object.entries(parts)) {
      await page.getByRole('link', { name: part, exact: true }).click();
      await page.getByText(words, { exact: true }).or(page.getByText(words)).first().waitFor();
      await accessible(page, `${part}, ${where}`);
      await screenshot(page, `admin-${part.toLowerCase()}-${where}`);
      const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(wider <= 0, `${part} is ${wider} pixels wider than the ${where}`);
    }
  }
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByText('Sign in as a server admin.').waitFor();
  const token2 = await account(url, 'bob');
  assert.equal((await call(url, '/admin/api/users', { token: token2 })).status, 403);
  await page.getByLabel('Username or e-mail').fill('bob');
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('You are no admin of this server').waitFor();
  await accessible(page, 'no admin');
});
