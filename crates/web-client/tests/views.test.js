// Every view, light and dark, on a desk and on a phone: pictures of it, and nothing serious for axe to find.

import { test } from 'node:test';
import { DESKTOP, PHONE, accessible, person, room, screenshot, send, url } from './harness.js';

/** A server that somebody uses: rooms of each kind, an invitation, unread messages and a mention. */
async function inhabited(t, options) {
  const plain = { plain: true };
  const [ada, bob, eve] = [await person(t, 'ada', { ...options, ...plain }), await person(t, 'bob', plain), await person(t, 'eve', plain)];
  const book = await room(ada, { name: 'Book club', description: 'One book a month, read slowly' }, [bob, eve]);
  const garden = await room(bob, { name: 'Garden', description: 'Seeds, weeds and weather' }, [ada]);
  const kitchen = await room(eve, { name: 'Kitchen table', visibility: 'private' });
  await eve.api(`/api/rooms/${kitchen.id}/invitations`, { body: { userId: ada.id } });
  const direct = await bob.api('/api/directs', { body: { userIds: [ada.id] } });
  const talk = [
    [bob, 'Has anybody finished the third chapter?'], [eve, 'Last night. I did not expect the letter.'],
    [eve, 'It changes how one reads the first page.'], [ada, 'I have twenty pages to go, please no names yet.'],
    [bob, 'My lips are sealed. Shall we talk on Thursday?'], [ada, 'Thursday at eight is good for me.'],
  ];
  const sent = [];
  for (const [sender, words] of talk) sent.push(await send(sender, book.id, words));
  await bob.api(`/api/rooms/${book.id}/messages/${sent[1].id}/reactions/${encodeURIComponent('👀')}`, { method: 'PUT' });
  await send(eve, book.id, `Thursday it is, @${ada.username}`, { replyTo: sent[4].id });
  await send(bob, garden.id, 'The tomatoes are in. Rain is announced for the weekend.');
  await send(bob, garden.id, `Could you water mine, @${ada.username}?`);
  await send(bob, direct.id, 'Are you coming tonight?');
  return { ada, bob, eve, book, garden };
}

const open = (page, fragment) => page.goto(`${url}/${fragment}`);
const messages = (page) => page.getByText('Thursday at eight is good for me.').last();

/** The views: what leads to each, and what shows that it is there. */
const VIEWS = {
  rooms: async ({ ada: { page } }) => {
    await open(page, '#/');
    await page.getByRole('link', { name: 'Book club' }).waitFor();
  },
  room: async ({ ada: { page }, book }) => {
    await open(page, `#/rooms/${book.id}`);
    await messages(page).waitFor();
  },
  members: async ({ ada: { page }, bob, book }) => {
    await open(page, `#/rooms/${book.id}/members`);
    await page.locator(`[data-member="${bob.username}"]`).waitFor();
  },
  'room settings': async ({ ada: { page }, book }) => {
    await open(page, `#/rooms/${book.id}/settings`);
    await page.getByRole('button', { name: 'Delete room' }).waitFor();
  },
  mentions: async ({ ada: { page } }) => {
    await open(page, '#/mentions');
    await page.getByRole('list', { name: 'Messages that mention you' }).getByRole('button', { name: /Could you water mine/ }).waitFor();
  },
  browse: async ({ ada: { page } }) => {
    await open(page, '#/browse');
    await page.getByLabel('Search public rooms').fill('garden');
    await page.getByRole('heading', { name: 'Garden' }).first().waitFor();
  },
  'new room': async ({ ada: { page } }) => {
    await page.keyboard.press('Alt+KeyR');
    await page.getByRole('dialog', { name: 'New room' }).waitFor();
  },
  'new message': async ({ ada: { page }, bob }) => {
    await page.keyboard.press('Escape');
    await page.keyboard.press('Alt+KeyN');
    await page.getByRole('combobox', { name: 'To' }).fill(bob.username);
    await page.getByRole('option', { name: bob.username, exact: true }).waitFor();
  },
  shortcuts: async ({ ada: { page } }) => {
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.evaluate(() => document.activeElement.blur());
    await page.keyboard.press('Shift+?');
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
  },
  settings: async ({ ada: { page } }) => {
    await page.keyboard.press('Escape');
    await open(page, '#/');
    await page.locator('.account-button').click();
    await page.getByRole('menuitem', { name: 'Settings' }).click();
    await page.getByRole('dialog', { name: 'Settings' }).waitFor();
  },
  developer: async ({ ada: { page }, book }) => {
    await page.keyboard.press('Escape');
    await open(page, `#/rooms/${book.id}`);
    await messages(page).waitFor();
    await page.keyboard.press('Alt+KeyA');
    await page.getByRole('region', { name: 'Developer drawer' }).getByRole('button', { name: /GET/ }).last().click();
    await page.getByRole('region', { name: 'Details' }).waitFor();
  },
};

for (const [device, viewport] of Object.entries({ desktop: DESKTOP, phone: PHONE })) {
  test(`every view is accessible, light and dark: ${device}`, async (t) => {
    const nobody = await person(t, 'nobody', { signedIn: false, viewport });
    await nobody.page.getByRole('button', { name: 'Sign in' }).waitFor();
    await look(nobody.page, 'sign in');
    await nobody.page.getByRole('button', { name: 'Create an account' }).click();
    await look(nobody.page, 'sign up');
    const fresh = await person(t, 'fresh', { viewport });
    await fresh.page.getByText('No rooms yet').waitFor();
    await look(fresh.page, 'first start');

    const place = await inhabited(t, { viewport });
    for (const [name, show] of Object.entries(VIEWS)) {
      await show(place);
      await look(place.ada.page, name);
    }

    async function look(page, name) {
      const file = `${name.replaceAll(' ', '-')}-${device}`;
      await screenshot(page, file);
      await accessible(page, `${name} (${device})`);
      await page.emulateMedia({ colorScheme: 'dark' });
      await screenshot(page, `${file}-dark`);
      // Only colours are others.
      await accessible(page, `${name} (${device}, dark)`, ['color-contrast']);
      await page.emulateMedia({ colorScheme: 'light' });
    }
  });
}
