// Writes the files that are generated from the source: the OpenAPI document and the page of errors.
import { writeFileSync } from 'node:fs';
import { generatedFiles } from './api-docs/files.ts';

for (const [path, text] of await generatedFiles()) {
  writeFileSync(new URL(`../${path}`, import.meta.url), text);
  console.log(`wrote ${path}`);
}
