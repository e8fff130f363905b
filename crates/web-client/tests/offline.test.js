// The connection is lost and comes back: nothing is missing, doubled or out of order.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { send } from './harness.js';
import { field, fill, list, message, together, write } from './talk.js';

const GONE = /ERR_INTERNET_DISCONNECTED|ERR_NETWORK|Failed to load resource|WebSocket/;

test('what is written offline can be sent again or discarded, and arrives once', async (t) => {
  const { people: [ada, bob] } = await together(t);
  ada.expects(GONE);
  await write(ada.page, 'Before the tunnel');
  await ada.context.setOffline(true);
  for (const words of ['In the tunnel', 'Better not']) {
    await field(ada.page).fill(words);
    await field(ada.page).press('Enter');
  }
  await message(ada.page, 'Better not').getByRole('button', { name: 'Discard' }).click();
  assert.equal(await field(ada.page).inputValue(), 'Better not', 'the words come back into the field');
  await field(ada.page).fill('');
  const retry = message(ada.page, 'In the tunnel').getByRole('button', { name: 'Retry' });
  await retry.waitFor();
  await ada.context.setOffline(false);
  await retry.click().catch(() => {});
  await message(bob.page, 'In the tunnel').waitFor();
  await write(ada.page, 'Out again');
  await message(bob.page, 'Out again').waitFor();
  assert.equal(await message(bob.page, 'In the tunnel').count(), 1);
  assert.equal(await message(ada.page, 'In the tunnel').count(), 1);
  assert.equal(await message(bob.page, 'Better not').count(), 0);
});

test('a reload loses neither a draft nor a message that was not answered', async (t) => {
  const { people: [ada, bob] } = await together(t);
  ada.expects(GONE);
  await ada.context.setOffline(true);
  await field(ada.page).fill('Sent without an answer');
  await field(ada.page).press('Enter');
  await message(ada.page, 'Sent without an answer').getByText(/^Not sent yet/).waitFor();
  await field(ada.page).fill('Half a thought');
  await ada.context.setOffline(false);
  await ada.page.reload();
  await message(bob.page, 'Sent without an answer').waitFor();
  assert.equal(await field(ada.page).inputValue(), 'Half a thought');
  await message(ada.page, 'Sent without an answer').waitFor();
  assert.equal(await message(bob.page, 'Sent without an answer').count(), 1);
});

test('a message that is too long says by how much, and is not sent', async (t) => {
  const { people: [ada] } = await together(t);
  await field(ada.page).fill('x'.repeat(1001));
  await ada.page.getByText('1 character too many').waitFor();
  await field(ada.page).press('Enter');
  assert.equal(await ada.page.locator('.message').count(), 0);
  assert.equal(await ada.page.getByRole('button', { name: 'Send message' }).isDisabled(), true);
});

test('a thousand messages that came meanwhile are there, in their order', async (t) => {
  const { people: [ada, bob], shared } = await together(t);
  bob.expects(GONE);
  await write(ada.page, 'The first');
  await message(bob.page, 'The first').waitFor();
  await bob.context.setOffline(true);
  await bob.page.getByText('You are offline').waitFor();
  await fill(ada, shared.id, 1000);
  await send(ada, shared.id, 'The last');
  await bob.context.setOffline(false);
  await message(bob.page, 'The last').waitFor({ timeout: 30_000 });
  const screens = await list(bob.page).evaluate(async (view) => {
    const ids = () => [...view.querySelectorAll('.message')].map((row) => row.dataset.messageId);
    const complete = () => view.textContent.includes('This is the beginning');
    const seen = [ids()];
    while (!complete()) {
      const [oldest] = seen.at(-1);
      view.querySelector('.message').scrollIntoView({ block: 'end' });
      // Only once older rows are there does the next step go further, so that it passes none of them.
      while (!complete() && ids()[0] === oldest) await new Promise(requestAnimationFrame);
      seen.push(ids());
    }
    return seen;
  });
  const sent = [];
  for (let before = ''; sent.length < 1002;) {
    const page = await ada.api(`/api/rooms/${shared.id}/messages?limit=100&markRead=false${before && `&before=${before}`}`);
    sent.unshift(...page.map(({ id }) => id).reverse());
    before = page.at(-1).id;
  }
  assert.equal(new Set(screens.flat()).size, sent.length);
  for (const screen of screens) {
    const first = sent.indexOf(screen[0]);
    assert.deepEqual(screen, sent.slice(first, first + screen.length), 'each screen shows a part of the history without a gap');
  }
});
