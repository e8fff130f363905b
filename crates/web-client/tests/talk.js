// What the tests of messages share: people in one room, and the parts of the page with which they talk.

import { person, room, send, url } from './harness.js';

/** Opens a room for people who are in it. The first is its admin. */
export async function together(t, names = ['ada', 'bob'], options = {}) {
  const people = [];
  for (const name of names) people.push(await person(t, name, options));
  const shared = await room(people[0], {}, people.slice(1));
  for (const { page } of people) {
    await page.goto(`${url}/#/rooms/${shared.id}`);
    await field(page).waitFor();
  }
  return { people, shared };
}

/** The field in which one writes. */
export const field = (page) => page.getByRole('textbox', { name: /^Message/ });

/** The list of messages. */
export const list = (page) => page.getByRole('log');

/** The message with these words. */
export const message = (page, words) => page.locator('.message', { hasText: words });

/** Writes a message, and waits until it is sent. */
export async function write(page, words) {
  await field(page).fill(words);
  await field(page).press('Enter');
  await page.locator('.message:not(.pending)', { hasText: words }).first().waitFor();
}

/** Chooses from the menu of a message. */
export async function choose(page, words, item) {
  await message(page, words).hover();
  await message(page, words).getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: item, exact: true }).click();
}

/** Sends numbered messages of different lengths, many at a time. */
export async function fill(sender, roomId, count) {
  let left = count;
  const worker = async () => {
    while (left > 0) {
      left -= 1;
      await send(sender, roomId, `Line ${left} ${'and more words '.repeat(left % 9)}`);
    }
  };
  await Promise.all(Array.from({ length: 16 }, worker));
}
