// People meet: accounts, rooms, invitations, roles.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PASSWORD, PHONE, api, person, room, send, unique, url } from './harness.js';

const field = (page) => page.getByRole('textbox', { name: /^Message/ });

/** Writes a message in the open room. */
async function write(page, text) {
  await field(page).fill(text);
  await field(page).press('Enter');
  await page.getByText(text, { exact: true }).waitFor();
}

test('two people sign up, meet in a public room and talk; a reload loses nothing', async (t) => {
  const [ada, bob] = [await person(t, 'ada', { signedIn: false }), await person(t, 'bob', { signedIn: false })];
  for (const { page, username } of [ada, bob]) {
    await page.getByRole('button', { name: 'Create an account' }).click();
    await page.getByLabel('Username').fill(username);
    await page.getByLabel('E-mail').fill(`${username}@example.com`);
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await page.getByRole('button', { name: 'Create account' }).click();
    await page.getByRole('heading', { name: `Welcome, ${username}` }).waitFor();
  }
  const name = unique('Film club');
  await ada.page.getByRole('button', { name: 'New room', exact: true }).first().click();
  await ada.page.getByLabel('Name').fill(name);
  await ada.page.getByRole('button', { name: 'Create room' }).click();
  await ada.page.getByRole('heading', { name, exact: true, level: 1 }).waitFor();
  await write(ada.page, 'Shall we watch something?');

  await bob.page.getByRole('button', { name: 'Browse rooms' }).click();
  await bob.page.getByLabel('Search public rooms').fill(name);
  await bob.page.getByRole('button', { name: `Join ${name}` }).click();
  await bob.page.getByText('Shall we watch something?').last().waitFor();
  await write(bob.page, 'Yes, the old one.');
  await ada.page.getByText('Yes, the old one.', { exact: true }).last().waitFor();

  await ada.page.reload();
  await ada.page.getByRole('heading', { name, exact: true, level: 1 }).waitFor();
  await ada.page.getByText('Yes, the old one.', { exact: true }).last().waitFor();
});

test('forms say what is wrong beside the field', async (t) => {
  const { page, expects } = await person(t, 'eve', { signedIn: false });
  expects(/status of 40[019]/);
  const taken = unique('taken');
  await api('/api/auth/signup', { body: { username: taken, email: `${taken}@example.com`, password: PASSWORD } });
  await page.getByLabel('Username or e-mail').fill(taken);
  await page.getByLabel('Password', { exact: true }).fill('not the password');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('alert').filter({ hasText: 'do not belong together' }).waitFor();

  await page.getByRole('button', { name: 'Create an account' }).click();
  await page.getByLabel('Username').fill(taken.toUpperCase());
  await page.getByLabel('E-mail').fill(`new${taken}@example.com`);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.getByRole('alert').filter({ hasText: 'This name is taken' }).waitFor();
  assert.equal(await page.getByLabel('Username').getAttribute('aria-invalid'), 'true');
});

test('an invitation is declined, made again and accepted; a member is promoted, demoted and removed', async (t) => {
  const [ada, bob] = [await person(t, 'ada'), await person(t, 'bob', { viewport: PHONE })];
  const { id, name } = await room(ada, { visibility: 'private' });
  const invite = async () => {
    await ada.page.goto(`${url}/#/rooms/${id}/members`);
    await ada.page.getByRole('button', { name: 'Invite people' }).click();
    await ada.page.getByRole('combobox').fill(bob.username);
    await ada.page.getByRole('option', { name: bob.username }).click();
    await ada.page.getByRole('button', { name: 'Invite', exact: true }).click();
  };
  await invite();
  await bob.page.getByRole('button', { name: `Decline the invitation to ${name}` }).click();
  await bob.page.getByText(`You declined the invitation to ${name}.`).waitFor();
  await invite();
  await bob.page.getByRole('button', { name: `Accept the invitation to ${name}` }).click();
  await bob.page.getByRole('heading', { name, exact: true, level: 1 }).waitFor();

  const member = ada.page.locator(`[data-member="${bob.username}"]`);
  await member.click();
  await ada.page.getByRole('menuitem', { name: 'Make admin' }).click();
  await member.getByText('admin', { exact: true }).waitFor();
  await member.click();
  await ada.page.getByRole('menuitem', { name: 'Take admin role away' }).click();
  await member.getByText('admin', { exact: true }).waitFor({ state: 'detached' });
  // On a phone a panel covers the room; what takes the room's place is there all the same.
  await bob.page.goto(`${url}/#/rooms/${id}/members`);
  await bob.page.locator(`[data-member="${ada.username}"]`).waitFor();
  await member.click();
  await ada.page.getByRole('menuitem', { name: 'Remove from room' }).click();
  bob.expects(/status of 404/);
  await ada.page.getByRole('button', { name: 'Remove', exact: true }).click();
  await member.waitFor({ state: 'detached' });
  await bob.page.getByText(`You are no longer in ${name}.`).waitFor();
  await bob.page.getByText('This room is not here').waitFor();
  assert.equal(await bob.page.locator(`[data-room="${id}"]`).count(), 0);
});

test('an admin changes a room, cannot leave it alone, and deletes it', async (t) => {
  const ada = await person(t, 'ada');
  const { id } = await room(ada);
  ada.expects(/status of 409/);
  await ada.page.goto(`${url}/#/rooms/${id}/settings`);
  const name = unique('Renamed');
  await ada.page.getByLabel('Name').fill(name);
  await ada.page.getByLabel('Description').fill('Another purpose');
  await ada.page.getByRole('radio', { name: 'Private' }).check();
  await ada.page.getByRole('button', { name: 'Save changes' }).click();
  await ada.page.getByRole('heading', { name, exact: true, level: 1 }).waitFor();
  const changed = await ada.api(`/api/rooms/${id}`);
  assert.deepEqual([changed.name, changed.description, changed.visibility], [name, 'Another purpose', 'private']);

  await ada.page.getByRole('button', { name: 'Leave room' }).click();
  await ada.page.getByRole('dialog').getByRole('button', { name: 'Leave room' }).click();
  await ada.page.getByText('You are the only admin.').waitFor();
  await ada.page.getByRole('button', { name: 'Cancel' }).click();
  await ada.page.getByRole('button', { name: 'Delete room' }).click();
  await ada.page.getByRole('dialog').getByRole('button', { name: 'Delete room' }).click();
  await ada.page.getByText(`${name} is deleted.`).waitFor();
  await ada.page.locator(`[data-room="${id}"]`).waitFor({ state: 'detached' });
});

test('a room that was left and joined again is there as before', async (t) => {
  const [ada, bob] = [await person(t, 'ada'), await person(t, 'bob')];
  const { id } = await room(ada, {}, [bob]);
  await bob.page.goto(`${url}/#/rooms/${id}`);
  await field(bob.page).fill('Here I am');
  await field(bob.page).press('Enter');
  await bob.page.locator('.message', { hasText: 'Here I am' }).waitFor();
  await bob.api(`/api/rooms/${id}/leave`, { method: 'POST' });
  await bob.page.getByRole('button', { name: 'Join room' }).click();
  await bob.page.locator('.message', { hasText: 'Here I am' }).waitFor();
  await field(bob.page).fill('Back again');
  await field(bob.page).press('Enter');
  await bob.page.locator('.message', { hasText: 'Back again' }).waitFor();
});

test('a direct message finds a person by name, and counts as unread until it is read', async (t) => {
  const [ada, bob] = [await person(t, 'ada', { viewport: PHONE }), await person(t, 'bob')];
  await ada.page.getByRole('button', { name: 'New room or message' }).click();
  await ada.page.getByRole('menuitem', { name: 'New message' }).click();
  await ada.page.getByRole('combobox').fill(bob.username.slice(0, 8));
  await ada.page.getByRole('option', { name: bob.username }).click();
  await ada.page.getByRole('button', { name: 'Open conversation' }).click();
  await ada.page.getByRole('heading', { name: bob.username, level: 1 }).waitFor();
  await field(ada.page).fill(`Hello, @${bob.username} `);
  await field(ada.page).press('Enter');

  const item = bob.page.getByRole('link', { name: ada.username });
  await item.getByText('1 unread, 1 mentions you').waitFor();
  await bob.page.evaluate(() => {
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => true });
    document.dispatchEvent(new Event('visibilitychange'));
  });
  await bob.page.waitForFunction(() => document.title === '(1) Parlor');
  await bob.page.evaluate(() => {
    delete document.hidden;
    document.dispatchEvent(new Event('visibilitychange'));
  });
  await bob.page.waitForFunction(() => document.title === 'Parlor');
  await item.click();
  await item.getByText('1 unread').waitFor({ state: 'detached' });
});

test('inside a room a phone shows how many others wait; who leaves a dialog by the back button leaves it closed', async (t) => {
  const [ada, bob] = [await person(t, 'ada', { viewport: PHONE }), await person(t, 'bob')];
  const open = await room(ada, {}, [bob]);
  const other = await room(bob, {}, [ada]);
  const secret = await room(bob, { visibility: 'private' });
  await ada.page.goto(`${url}/#/rooms/${open.id}`);
  await bob.page.goto(`${url}/#/rooms/${open.id}`);
  await ada.page.getByText('2 members · 2 here now').waitFor();
  await send(bob, other.id, 'Are you there?');
  await ada.page.getByRole('button', { name: 'Back to the rooms, 1 room with unread messages', exact: true }).waitFor();
  await bob.api(`/api/rooms/${secret.id}/invitations`, { body: { userId: ada.id } });
  const back = ada.page.getByRole('button', { name: 'Back to the rooms, 1 room with unread messages, 1 invitation', exact: true });
  await back.waitFor();
  await ada.page.getByRole('button', { name: 'More about this room' }).click();
  await ada.page.getByRole('menuitem', { name: 'Leave room' }).click();
  await ada.page.getByRole('dialog').waitFor();
  await ada.page.goBack();
  await ada.page.getByRole('dialog').waitFor({ state: 'detached' });
});

test('a changed password is the one that counts; signing out ends the session', async (t) => {
  const ada = await person(t, 'ada');
  ada.expects(/status of 401/);
  const menu = async (name) => {
    await ada.page.locator('.account-button').click();
    await ada.page.getByRole('menuitem', { name }).click();
  };
  await menu('Change password');
  const change = async (current, next) => {
    await ada.page.getByLabel('Current password', { exact: true }).fill(current);
    await ada.page.getByLabel('New password', { exact: true }).fill(next);
    await ada.page.getByRole('button', { name: 'Change password' }).click();
  };
  await change('something else', 'another horse battery');
  await ada.page.getByText('This is not your password.').waitFor();
  await change(PASSWORD, 'another horse battery');
  await ada.page.getByText('Your password is changed.').waitFor();
  await menu('Sign out');
  await ada.page.waitForFunction(() => document.activeElement?.matches('[name=username]'));
  await ada.page.keyboard.type(ada.username);
  await ada.page.getByLabel('Password', { exact: true }).fill('another horse battery');
  await ada.page.getByRole('button', { name: 'Sign in' }).click();
  await ada.page.getByRole('heading', { name: `Welcome, ${ada.username}` }).waitFor();
});

test('a session that ends elsewhere asks to sign in again, and what was open is closed', async (t) => {
  const ada = await person(t, 'ada');
  ada.expects(/status of 401|WebSocket connection/);
  await ada.page.getByText('Online').waitFor();
  await ada.page.locator('.account-button').click();
  await ada.page.getByRole('menuitem', { name: 'Change password' }).click();
  await ada.page.getByRole('dialog').waitFor();
  await ada.api('/api/auth/logout', { method: 'POST' });
  await ada.page.getByText('Your session has ended.').waitFor();
  await ada.page.getByLabel('Username or e-mail').fill(ada.username);
  await ada.page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await ada.page.getByRole('button', { name: 'Sign in' }).click();
  await ada.page.getByRole('heading', { name: `Welcome, ${ada.username}` }).waitFor();
  assert.equal(await ada.page.getByRole('dialog').count(), 0);
});

test('a link to a room shows it to those who may join, and no unknown path is a page', async (t) => {
  const [ada, bob] = [await person(t, 'ada'), await person(t, 'bob')];
  const { id, name } = await room(ada, { description: 'For everybody' });
  await bob.page.goto(`${url}/#/rooms/${id}`);
  await bob.page.getByRole('heading', { name, exact: true }).waitFor();
  await bob.page.getByRole('button', { name: 'Join room' }).click();
  await field(bob.page).waitFor();
  assert.equal((await fetch(`${url}/rooms/${id}`)).status, 404);
  assert.equal((await fetch(`${url}/assets/nothing.js`)).status, 404);
});

test('what happens while the connection is lost is there afterwards, once and in order', async (t) => {
  const [ada, bob] = [await person(t, 'ada'), await person(t, 'bob')];
  ada.expects(/ERR_INTERNET_DISCONNECTED|WebSocket connection|Failed to load resource/);
  const { id } = await room(ada, {}, [bob]);
  await ada.page.goto(`${url}/#/rooms/${id}`);
  await write(ada.page, 'before');
  await ada.context.setOffline(true);
  await ada.page.getByText('You are offline.').waitFor();
  for (let count = 1; count <= 30; count += 1) await send(bob, id, `missed ${count}`);
  await field(ada.page).fill('written offline');
  await field(ada.page).press('Enter');
  await ada.context.setOffline(false);
  await ada.page.getByText('Online', { exact: true }).waitFor();
  await ada.page.getByText('missed 30', { exact: true }).last().waitFor();
  const history = async () => (await ada.api(`/api/rooms/${id}/messages?order=asc&markRead=false`)).map(({ content }) => content);
  const wanted = ['before', ...Array.from({ length: 30 }, (_, index) => `missed ${index + 1}`), 'written offline'];
  await bob.page.goto(`${url}/#/rooms/${id}`);
  await bob.page.getByText('written offline', { exact: true }).last().waitFor();
  assert.deepEqual(await history(), wanted);
});

test('everything is within reach of the keyboard alone', async (t) => {
  const ada = await person(t, 'ada', { signedIn: false });
  const { page, username } = ada;
  await api('/api/auth/signup', { body: { username, email: `${username}@example.com`, password: PASSWORD } });
  const press = (...keys) => keys.reduce((before, key) => before.then(() => page.keyboard.press(key)), Promise.resolve());
  const focused = (name) => page.waitForFunction((wanted) => document.activeElement?.matches(wanted), name);
  await focused('[name=username]');
  await page.keyboard.type(username);
  await press('Tab');
  await page.keyboard.type(PASSWORD);
  await press('Enter');
  await page.getByRole('heading', { name: `Welcome, ${username}` }).waitFor();
  await focused('#main');

  for (const name of ['First room', 'Second room']) {
    await press('Alt+KeyR');
    await focused('dialog [name=name]');
    await page.keyboard.type(name);
    await press('Enter');
    await page.getByRole('heading', { name, level: 1 }).waitFor();
  }
  await field(page).focus();
  await page.keyboard.type('From the keyboard');
  await press('Enter');
  await page.getByText('From the keyboard', { exact: true }).last().waitFor();

  // The list of rooms is one stop of Tab; arrows move in it.
  await press('Control+KeyK');
  await focused('#room-search');
  await press('ArrowDown', 'ArrowDown', 'Enter');
  await page.getByRole('heading', { name: 'First room', level: 1 }).waitFor();
  await press('Alt+KeyM');
  await page.getByRole('complementary', { name: 'Members' }).waitFor();
  await press('Alt+KeyM');
  await page.getByRole('complementary', { name: 'Members' }).waitFor({ state: 'detached' });

  // A dialog keeps the focus and gives it back.
  await page.locator('[data-room]').first().focus();
  await press('Shift+?');
  const dialog = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  await dialog.waitFor();
  await press('Tab', 'Tab', 'Tab');
  assert.ok(await page.evaluate(() => document.activeElement === document.body || document.activeElement.closest('dialog')));
  await press('Escape');
  await dialog.waitFor({ state: 'detached' });
  await focused('[data-room]');
});

test('the developer drawer shows calls and frames, and copies them without the token', async (t) => {
  const ada = await person(t, 'ada', { permissions: ['clipboard-read', 'clipboard-write'] });
  const { id } = await room(ada);
  await ada.page.getByRole('button', { name: 'Developer drawer' }).click();
  await ada.page.goto(`${url}/#/rooms/${id}`);
  await write(ada.page, 'seen in the drawer');
  const drawer = ada.page.getByRole('region', { name: 'Developer drawer' });
  await drawer.getByText('send-message').waitFor();
  await drawer.getByRole('button', { name: 'REST' }).click();
  await drawer.getByRole('button', { name: /GET.*members/ }).first().click();
  const link = drawer.getByRole('link', { name: 'Documentation of this call' });
  assert.match(await link.getAttribute('href'), /\/docs\/#\/\w+\/\w+/);
  for (const [name, wanted] of [['Copy as curl', /^curl .*members/], ['Copy as JavaScript', /^const response = await fetch\(.*members/]]) {
    await drawer.getByRole('button', { name }).click();
    await ada.page.waitForFunction(async (start) => (await navigator.clipboard.readText()).startsWith(start), name.endsWith('curl') ? 'curl' : 'const');
    const copied = await ada.page.evaluate(() => navigator.clipboard.readText());
    assert.match(copied, wanted);
    assert.match(copied, /\$TOKEN|\$\{token\}/);
    assert.ok(!copied.includes(ada.token));
  }
});
