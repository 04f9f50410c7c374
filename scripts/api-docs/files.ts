import { readFileSync } from 'node:fs';
import { codesByStatus, RETRY_ADVICE, titleOf } from '../../src/adapters/http/pages/errors-page.ts';
import { errorCatalogue } from '../../src/domain/errors.ts';
import { makeDocument } from './document.ts';
import { requestsFile } from './request-files.ts';
import { makeSampleBank } from './sample-bank.ts';
import { withTables } from './tables.ts';
import { walk } from './walk.ts';

const root = new URL('../../', import.meta.url);

/** Returns the text of each generated file, by its path in the repository. */
export async function generatedFiles(): Promise<ReadonlyMap<string, string>> {
  const { version } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as { version: string };
  const document = await makeDocument({ version });
  const api = readFileSync(new URL('docs/http-api.md', root), 'utf8');
  const walked = await walk(makeSampleBank());
  return new Map([
    ['openapi.json', `${JSON.stringify(document, null, 2)}\n`],
    ['docs/errors.md', errorsPage()],
    ['docs/http-api.md', withTables(api, document)],
    ['requests.http', requestsFile(walked, 'vscode')],
    ['requests.jetbrains.http', requestsFile(walked, 'jetbrains')],
  ]);
}

function errorsPage(): string {
  const advice = Object.entries(RETRY_ADVICE).map(([retry, text]) => `| \`${retry}\` | ${text} |`);
  const groups = codesByStatus().map(([status, codes]) => {
    const rows = codes.map((code) => {
      const { retry, meaning, remedy } = errorCatalogue[code];
      return `| <a id="${code}"></a>\`${code}\` | \`${retry}\` | ${meaning}. | ${remedy} |`;
    });
    return `## ${titleOf(status)}\n\n| code | retry | meaning | what to do |\n|---|---|---|---|\n${rows.join('\n')}\n`;
  });
  return `# Errors

\`npm run docs\` writes this page from the error catalogue. A running server shows it at \`/docs/errors\`.

An error is a problem document (RFC 9457). Its \`code\` is stable, its \`type\` links to the page about it, and its \`retry\` says what to do next:

| retry | what to do |
|---|---|
${advice.join('\n')}

${groups.join('\n')}`;
}
