// Bundles the libraries into the file that is named, with their licences: node build.js vendor.js

import { readFile, writeFile } from 'node:fs/promises';
import { build } from 'esbuild';

const [target] = process.argv.slice(2);
const packages = ['preact', '@preact/signals', '@preact/signals-core', 'htm'];

const notices = [];
for (const name of packages) {
  const { version, license } = JSON.parse(await readFile(`node_modules/${name}/package.json`, 'utf8'));
  const text = await readFile(`node_modules/${name}/LICENSE`, 'utf8');
  // The text of Apache 2.0 is long and known; the repository has it. Its copyright line is what differs.
  const shown = license === 'Apache-2.0' ? apache(text) : text.trim();
  notices.push(`${name} ${version} (${license})\n\n${shown.replaceAll('*/', '* /')}`);
}

const { outputFiles } = await build({
  entryPoints: ['entry.js'],
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  legalComments: 'none',
  write: false,
});
const banner = `/*!\nMade by \`cargo xtask web\`; do not edit.\n\n${notices.join('\n\n---\n\n')}\n*/\n`;
await writeFile(target, banner + outputFiles[0].text);

/** @param {string} text */
function apache(text) {
  const owner = text.split('\n').find((line) => /^\s*Copyright \d{4}/.test(line)) ?? 'Copyright Google LLC';
  return `${owner.trim()}\n\nLicensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0`;
}
