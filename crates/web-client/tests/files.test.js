// Files are attached by button, paste and drop, and shown to those who may see them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessible } from './harness.js';
import { choose, field, message, together } from './talk.js';

/** A picture of one pixel. */
const PIXEL = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==', 'base64');

/** Lets the page receive files as a person pastes or drops them. */
function receive(page, kind, name) {
  return page.locator('.composer textarea').evaluate((target, [type, fileName]) => {
    const data = new DataTransfer();
    data.items.add(new File(['some text'], fileName, { type: 'text/plain' }));
    const init = { bubbles: true, cancelable: true };
    target.dispatchEvent(type === 'paste'
      ? new ClipboardEvent('paste', { ...init, clipboardData: data })
      : new DragEvent(type, { ...init, dataTransfer: data }));
  }, [kind, name]);
}

test('a picture is attached with a caption, previewed, and opened in the viewer', async (t) => {
  const { people: [ada, bob] } = await together(t);
  const [chooser] = await Promise.all([ada.page.waitForEvent('filechooser'), ada.page.getByRole('button', { name: 'Attach files' }).click()]);
  await chooser.setFiles({ name: 'sunset.png', mimeType: 'image/png', buffer: PIXEL });
  await ada.page.getByRole('list', { name: 'Files to send' }).getByText('sunset.png').waitFor();
  await field(ada.page).fill('Yesterday at the lake');
  await field(ada.page).press('Enter');
  const preview = message(bob.page, 'Yesterday at the lake').getByRole('button', { name: 'Open image sunset.png' });
  await preview.getByRole('img').waitFor();
  await preview.click();
  const viewer = bob.page.getByRole('dialog', { name: 'Image sunset.png' });
  await viewer.getByRole('img').waitFor();
  await accessible(bob.page, 'viewer');
  await bob.page.keyboard.press('Escape');
  await viewer.waitFor({ state: 'detached' });
  await choose(ada.page, 'Yesterday at the lake', 'Delete');
  await ada.page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click();
  await bob.page.getByText('This message was deleted').waitFor();
  assert.equal(await bob.page.getByRole('img').count(), 0);
});

test('files are attached by paste and drop, one is taken back, and another downloaded', async (t) => {
  const { people: [ada, bob] } = await together(t);
  await receive(ada.page, 'paste', 'pasted.txt');
  await receive(ada.page, 'dragover', 'dropped.txt');
  await ada.page.locator('.dropping').waitFor();
  await receive(ada.page, 'drop', 'dropped.txt');
  await receive(ada.page, 'paste', 'regretted.txt');
  await ada.page.getByRole('button', { name: /of regretted.txt|Remove regretted.txt/ }).click();
  await field(ada.page).press('Enter');
  for (const name of ['pasted.txt', 'dropped.txt']) await message(bob.page, name).waitFor();
  assert.equal(await message(bob.page, 'regretted.txt').count(), 0);
  await message(bob.page, 'pasted.txt').hover();
  const [download] = await Promise.all([bob.page.waitForEvent('download'), bob.page.getByRole('button', { name: 'Download pasted.txt' }).click()]);
  assert.equal(download.suggestedFilename(), 'pasted.txt');
});

test('an upload that fails says why, and is tried again', async (t) => {
  const { people: [ada, bob] } = await together(t);
  ada.expects(/503/);
  let answers = 0;
  await ada.page.route('**/api/files', (route) => ((answers += 1) === 1
    ? route.fulfill({ status: 503, json: { ok: false, error: 'The storage is away', code: 'UNAVAILABLE' } }) : route.continue()));
  await receive(ada.page, 'paste', 'report.txt');
  await ada.page.getByText('The storage is away').waitFor();
  await ada.page.getByRole('button', { name: 'Retry' }).click();
  await field(ada.page).press('Enter');
  await message(bob.page, 'report.txt').waitFor();
});
