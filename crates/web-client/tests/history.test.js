// The list of messages: it keeps its place, finds what is unread, and leads to any message.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PHONE, accessible, person, room, send, url } from './harness.js';
import { fill, list, message } from './talk.js';

/** The place of a message in the window. */
const placeOf = (page, id) => page.locator(`[data-message-id="${id}"]`).evaluate((row) => row.getBoundingClientRect().top);

test('older messages are loaded above without moving what one reads', async (t) => {
  const [ada, bob] = [await person(t, 'ada'), await person(t, 'bob', { viewport: PHONE })];
  const shared = await room(ada, {}, [bob]);
  await fill(ada, shared.id, 130);
  const newest = await ada.api(`/api/rooms/${shared.id}/messages?limit=100`);
  // The page of fifty that comes first ends with the second of these; the third is held back.
  const [watched, , older] = newest.slice(48).map(({ id }) => id);
  const { page } = bob;
  let release = () => {};
  const held = new Promise((resolve) => (release = resolve));
  await page.route('**/messages?*before=*', (route) => held.then(() => route.continue()));
  await page.goto(`${url}/#/rooms/${shared.id}`);
  await list(page).locator('.message').first().waitFor();
  await list(page).evaluate((view) => (view.scrollTop = 0));
  await page.locator(`[data-message-id="${watched}"]`).waitFor();
  const before = await placeOf(page, watched);
  release();
  await page.locator(`[data-message-id="${older}"]`).waitFor({ state: 'attached' });
  const after = await placeOf(page, watched);
  // Less than half a line: places are rounded to pixels, and rows above may still be estimates.
  assert.ok(Math.abs(after - before) < 8, `moved from ${before} to ${after}`);
  assert.ok(await list(page).locator('.row').count() < 80, 'only rows near the view are in the document');
});

test('ten thousand messages are a few rows in the document, and none moves while it is read', async (t) => {
  const bob = await person(t, 'bob', { viewport: PHONE });
  const shared = await room(bob);
  await fill(bob, shared.id, 60);
  const newest = await bob.api(`/api/rooms/${shared.id}/messages?limit=50`);
  // Older pages are made of the newest one, and are longer, since sending and asking for so many would take a minute.
  let next = newest.at(-1).seq;
  const count = 10_000;
  const { page } = bob;
  await page.route('**/messages?*before=*', (route) => {
    const data = Array.from({ length: 1000 }, (_, index) => ({ ...newest[index % 50], id: crypto.randomUUID(), seq: (next -= 1) }));
    return route.fulfill({ json: { data, pagination: { limit: 1000, hasMore: next > -count, before: null, after: null } } });
  });
  await page.goto(`${url}/#/rooms/${shared.id}`);
  await list(page).locator('.message').first().waitFor();
  const { rows, moved, height } = await list(page).evaluate(async (view) => {
    // Sizes are observed after everything else in a frame, so that it is as it will be painted.
    const frame = () => new Promise((done) => requestAnimationFrame(() => {
      const observer = new ResizeObserver(() => {
        observer.disconnect();
        done();
      });
      observer.observe(view);
    }));
    const places = () => new Map([...view.querySelectorAll('.message')].map((row) => [row.dataset.key, row.getBoundingClientRect().top]));
    let rows = 0;
    let moved = 0;
    while (!view.textContent.includes('This is the beginning')) {
      view.scrollTop = Math.min(view.scrollTop, 400);
      await frame();
      // What is loaded above comes into the list while this is in view.
      const before = places();
      await frame();
      const after = places();
      for (const [key, top] of before) {
        if (top > 0 && top < innerHeight && after.has(key)) moved = Math.max(moved, Math.abs(after.get(key) - top));
      }
      rows = Math.max(rows, view.querySelectorAll('.row').length);
    }
    return { rows, moved, height: view.scrollHeight };
  });
  assert.ok(height > 300_000, `${height} pixels high`);
  assert.ok(rows < 100, `${rows} rows in the document`);
  assert.ok(moved < 8, `a message moved by ${moved} pixels`);
});

test('unread messages begin at a line; new ones below are counted, and one click leads to them', async (t) => {
  const [ada, bob] = [await person(t, 'ada'), await person(t, 'bob', { viewport: PHONE })];
  const shared = await room(ada, {}, [bob]);
  await fill(ada, shared.id, 30);
  const [{ id: seen, seq }] = await ada.api(`/api/rooms/${shared.id}/messages?limit=1`);
  await bob.api(`/api/rooms/${shared.id}/read`, { body: { seq } });
  for (let count = 1; count <= 3; count += 1) await send(ada, shared.id, `Unread ${count}`);
  const { page } = bob;
  await page.goto(`${url}/#/rooms/${shared.id}`);
  await page.getByText('New', { exact: true }).waitFor();
  assert.ok(await placeOf(page, seen) < await page.getByText('New', { exact: true }).evaluate((line) => line.getBoundingClientRect().top));
  await list(page).evaluate((view) => (view.scrollTop = 0));
  await send(ada, shared.id, 'Something new');
  await page.getByRole('button', { name: '1 new message' }).click();
  await message(page, 'Something new').waitFor();
  await page.getByRole('button', { name: /new message/ }).waitFor({ state: 'detached' });
  await message(page, 'Unread 2').click();
  await message(page, 'Unread 2').getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Mark as unread' }).click();
  await page.getByText('Marked as unread').waitFor();
  const { membership } = await bob.api(`/api/rooms/${shared.id}`);
  assert.equal(membership.unreadCount, 3);
});

test('a link leads to a message far back, and the latest are one click away', async (t) => {
  const [ada] = [await person(t, 'ada')];
  const shared = await room(ada);
  const target = await send(ada, shared.id, 'The beginning of it all');
  await fill(ada, shared.id, 220);
  const { page } = ada;
  await page.goto(`${url}/#/rooms/${shared.id}/messages/${target.id}`);
  await page.locator('.message:focus', { hasText: 'The beginning of it all' }).waitFor();
  await page.getByRole('button', { name: 'Latest messages' }).click();
  const [{ id: newest }] = await ada.api(`/api/rooms/${shared.id}/messages?limit=1`);
  await page.locator(`[data-message-id="${newest}"]`).waitFor();
  await page.goto(`${url}/#/rooms/${shared.id}/messages/01890000-0000-7000-8000-000000000000`);
  ada.expects(/404/);
  await page.getByText('That message is not there').waitFor();
});

test('a search finds words in this room or in all, and leads to the message', async (t) => {
  const ada = await person(t, 'ada');
  const [garden, kitchen] = [await room(ada), await room(ada)];
  await send(ada, garden.id, 'The tomatoes are red');
  await fill(ada, garden.id, 120);
  await send(ada, kitchen.id, 'Tomatoes for the soup');
  const { page } = ada;
  await page.goto(`${url}/#/rooms/${garden.id}/search`);
  await page.getByRole('searchbox', { name: 'Search messages' }).fill('tomat*');
  const found = page.getByRole('list', { name: 'Messages found' });
  await found.getByRole('button', { name: /tomatoes are red/ }).waitFor();
  await accessible(page, 'search');
  await page.getByLabel('In all my rooms').check();
  await found.getByRole('button', { name: /for the soup/ }).waitFor();
  await found.getByRole('button', { name: /tomatoes are red/ }).click();
  await page.locator('.message.flashed', { hasText: 'The tomatoes are red' }).waitFor();
});
