// Writes the files that are generated from the source: the OpenAPI document, the page of errors, the tables of
// docs/http-api.md and the requests for editors.
import { writeFileSync } from 'node:fs';
import { generatedFiles } from './api-docs/files.ts';

for (const [path, text] of await generatedFiles()) {
  writeFileSync(new URL(`../${path}`, import.meta.url), text);
  console.log(`wrote ${path}`);
}
