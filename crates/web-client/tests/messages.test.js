// Two people write to each other: what one does, the other sees.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PHONE, accessible, send, url } from './harness.js';
import { choose, field, message, together, write } from './talk.js';

test('what one writes, the other reads at once, as text and never as HTML', async (t) => {
  const { people: [ada, bob] } = await together(t);
  const canary = '<img src=x onerror="document.title=\'broken\'"><b>bold</b>';
  await write(ada.page, canary);
  await message(bob.page, canary).waitFor();
  assert.equal(await bob.page.locator('.message img, .message b').count(), 0);
  await field(bob.page).fill('See https://example.com/a_(b). Run `ls -l`');
  await field(bob.page).press('Enter');
  const link = message(ada.page, 'See').getByRole('link');
  assert.deepEqual([await link.getAttribute('href'), await link.getAttribute('target'), await link.getAttribute('rel')],
    ['https://example.com/a_(b)', '_blank', 'noopener noreferrer']);
  assert.equal(await message(ada.page, 'See').locator('code').innerText(), 'ls -l');
  await field(ada.page).pressSequentially('I am');
  await bob.page.getByText(`${ada.username} is typing…`).waitFor();
});

test('a message is edited with the arrow key, has a history, and is deleted after a question', async (t) => {
  const { people: [ada, bob] } = await together(t);
  await write(ada.page, 'Tusday at eight');
  await field(ada.page).press('ArrowUp');
  const editor = ada.page.getByRole('textbox', { name: 'Edit message' });
  await editor.fill('thrown away');
  await editor.press('Escape');
  assert.equal(await editor.count(), 0);
  await field(ada.page).press('ArrowUp');
  await editor.fill('Tuesday at eight');
  await editor.press('Enter');
  await message(bob.page, 'Tuesday at eight').getByText('edited').waitFor();
  await choose(ada.page, 'Tuesday at eight', 'Edit history');
  const history = ada.page.getByRole('dialog', { name: 'Edit history' });
  await history.getByText('Tusday at eight').waitFor();
  await accessible(ada.page, 'edit history');
  await ada.page.keyboard.press('Escape');
  await choose(ada.page, 'Tuesday at eight', 'Delete');
  await ada.page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click();
  for (const { page } of [ada, bob]) await page.getByText('This message was deleted').waitFor();
  assert.equal(await message(bob.page, 'Tuesday').count(), 0);
});

test('reactions are picked by name, counted, and taken back', async (t) => {
  const { people: [ada, bob] } = await together(t);
  await write(ada.page, 'We are live');
  await message(bob.page, 'We are live').hover();
  await bob.page.getByRole('button', { name: 'Add reaction' }).click();
  await bob.page.getByRole('searchbox', { name: 'Search emoji' }).fill('rock');
  await accessible(bob.page, 'emoji picker');
  await bob.page.keyboard.press('Enter');
  const reaction = (page) => message(page, 'We are live').getByRole('button', { name: /^🚀/ });
  await reaction(ada.page).click();
  await reaction(bob.page).filter({ hasText: '2' }).waitFor();
  assert.equal(await reaction(ada.page).getAttribute('aria-pressed'), 'true');
  await reaction(bob.page).click();
  await reaction(ada.page).filter({ hasText: '1' }).waitFor();
});

test('a reply quotes and leads to what it answers; a thread has its own panel and a summary', async (t) => {
  const { people: [ada, bob], shared } = await together(t);
  const { id } = await send(ada, shared.id, 'Never mind');
  await message(bob.page, 'Never mind').hover();
  await bob.page.getByRole('button', { name: 'Reply', exact: true }).click();
  await bob.page.getByText('Replying to').waitFor();
  await ada.api(`/api/rooms/${shared.id}/messages/${id}`, { method: 'DELETE' });
  await bob.page.getByText('Replying to').waitFor({ state: 'detached' });
  await write(ada.page, 'Who brings the cake?');
  await message(bob.page, 'Who brings').hover();
  await bob.page.getByRole('button', { name: 'Reply', exact: true }).click();
  await bob.page.getByText('Replying to').waitFor();
  await write(bob.page, 'I do');
  await message(ada.page, 'I do').getByRole('button', { name: /Who brings the cake/ }).click();
  await ada.page.locator('.message.flashed', { hasText: 'Who brings' }).waitFor();
  await message(bob.page, 'Who brings').first().hover();
  await bob.page.getByRole('button', { name: 'Reply in thread' }).click();
  const inThread = bob.page.getByRole('textbox', { name: 'Reply in thread' });
  await inThread.fill('With cherries?');
  await inThread.press('Enter');
  await message(ada.page, 'Who brings').first().getByRole('button', { name: /1 reply/ }).click();
  await ada.page.getByRole('complementary').getByText('With cherries?').waitFor();
  await accessible(ada.page, 'thread');
});

test('a mention is completed by keyboard, and stands out for the one who is mentioned', async (t) => {
  const { people: [ada, bob] } = await together(t);
  await field(ada.page).pressSequentially(`Hello @${bob.username.slice(0, 3)}`);
  const option = ada.page.getByRole('option', { name: bob.username });
  await option.waitFor();
  assert.equal(await field(ada.page).getAttribute('aria-activedescendant'), await option.getAttribute('id'));
  await accessible(ada.page, 'mentions');
  await field(ada.page).press('Tab');
  assert.equal(await field(ada.page).inputValue(), `Hello @${bob.username} `);
  await field(ada.page).press('Enter');
  await bob.page.locator('.message.for-me').waitFor();
  await field(ada.page).pressSequentially('@roo');
  await ada.page.getByRole('option', { name: /@room/ }).waitFor();
  await field(bob.page).pressSequentially('@roo');
  assert.equal(await bob.page.getByRole('option').count(), 0, 'only admins mention the room');
});

test('the messages that mention a person are listed as they come, and lead to their place', async (t) => {
  const { people: [ada, bob], shared } = await together(t);
  const { page } = bob;
  await page.keyboard.press('Alt+KeyJ');
  await page.getByText('Nobody has mentioned you yet').waitFor();
  await send(ada, shared.id, `Good morning @${bob.username}`);
  const mentions = page.getByRole('list', { name: 'Messages that mention you' });
  await mentions.getByRole('button', { name: /Good morning/ }).waitFor();
  await page.getByRole('button', { name: 'Mentions, 1 unread' }).waitFor();
  const { id: root } = await send(ada, shared.id, 'A thread');
  await send(ada, shared.id, `And here @${bob.username}`, { threadId: root });
  await mentions.getByRole('button', { name: /And here/ }).waitFor();
  // Several pages of the thread, of which the last is loaded at first.
  await Promise.all(Array.from({ length: 160 }, (_, index) => send(ada, shared.id, `Reply ${index}`, { threadId: root })));
  await accessible(page, 'mentions of a person');
  // The list is one stop of Tab, and its latest is the first.
  await page.keyboard.press('Tab');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.locator('.message:focus', { hasText: 'Good morning' }).waitFor();
  await page.goBack();
  await mentions.getByRole('button', { name: /And here/ }).click();
  await page.getByRole('complementary').locator('.message:focus', { hasText: 'And here' }).waitFor();
});

test('an admin pins a message, and everybody finds it in the panel', async (t) => {
  const { people: [ada, bob], shared } = await together(t);
  await write(ada.page, 'The address is 12 Garden Lane');
  await choose(ada.page, 'The address', 'Pin');
  await bob.page.goto(`${url}/#/rooms/${shared.id}/pins`);
  const pin = bob.page.getByRole('complementary').getByRole('button', { name: /12 Garden Lane/ });
  await pin.waitFor();
  assert.equal(await bob.page.getByRole('button', { name: 'Unpin' }).count(), 0);
  await pin.click();
  await bob.page.locator('.message.flashed', { hasText: 'The address' }).waitFor();
  await choose(ada.page, 'The address', 'Unpin');
  await bob.page.goto(`${url}/#/rooms/${shared.id}/pins`);
  await bob.page.getByText('Nothing is pinned').waitFor();
});

test('with the keyboard alone one reads, reacts, and writes', async (t) => {
  const { people: [ada, bob], shared } = await together(t, ['ada', 'bob'], { viewport: PHONE });
  for (const words of ['first', 'second', 'third']) await send(ada, shared.id, words);
  const { page } = bob;
  await message(page, 'third').waitFor();
  await field(page).focus();
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Shift+Tab');
  await page.locator('.message:focus', { hasText: 'third' }).waitFor();
  await page.keyboard.press('ArrowUp');
  await page.locator('.message:focus', { hasText: 'second' }).waitFor();
  await page.keyboard.press('+');
  await page.getByRole('searchbox', { name: 'Search emoji' }).pressSequentially('tada');
  await page.keyboard.press('Enter');
  await message(ada.page, 'second').getByRole('button', { name: /^🎉/ }).waitFor();
  await page.locator('.message:focus', { hasText: 'second' }).waitFor();
  await page.getByRole('toolbar', { name: 'Message actions' }).waitFor();
  await page.keyboard.press('r');
  await page.getByRole('toolbar', { name: 'Message actions' }).waitFor({ state: 'detached' });
  await page.keyboard.type('An answer');
  await page.keyboard.press('Enter');
  await message(ada.page, 'An answer').waitFor();
});
