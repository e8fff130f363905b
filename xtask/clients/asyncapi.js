// Validates an AsyncAPI document by the parser of its makers: node asyncapi.js FILE

import { readFile } from 'node:fs/promises';

import { Parser } from '@asyncapi/parser';

/** The severity from which a diagnostic does not fail the check. */
const INFORMATION = 2;

const { document, diagnostics } = await new Parser().parse(await readFile(process.argv[2], 'utf8'));
for (const { severity, code, path, message } of diagnostics) {
    console.error(`${severity < INFORMATION ? 'bad' : 'note'}: ${code}: ${path.join('/')}: ${message}`);
}
if (document === undefined || diagnostics.some(({ severity }) => severity < INFORMATION)) process.exit(1);
console.log(`${document.channels().length} channels, ${document.operations().length} operations`);
