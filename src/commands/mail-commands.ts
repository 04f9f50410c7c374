import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { CommandTools } from './command-tools.ts';
import { withExamples } from './help.ts';

type Setting = Pick<CommandTools, 'config' | 'out'>;

/** Adds the commands about mails. They open no store, and send nothing. */
export function addMailCommands(program: Command, { config, out }: Setting): void {
  const mail = program.command('mail').summary('look at mails').description('Look at mails.');

  const preview = mail
    .command('preview')
    .summary('write a mail of each kind to a folder')
    .description(
      'Write a mail of each kind to a folder, with made-up data, and pictures if there is a Chromium.',
    )
    .option('--to <folder>', 'folder; made if it is missing', 'mail-preview')
    .option('--json', 'print the result as JSON')
    .action(async ({ to, json }: { to: string; json?: true }) => {
      const { previewMails } = await import('./mail-preview.ts');
      const written = await previewMails(resolve(to), config());
      if (json) {
        out(JSON.stringify(written));
        return;
      }
      const { folder, index, mails, pictures } = written;
      out(`Wrote ${mails.length} mails to ${folder}, each as .eml, .html and .txt`);
      out(
        pictures.length === 0
          ? 'No Chromium was found on PATH, so there are no pictures'
          : `Took ${pictures.length} pictures of each: ${pictures.join(', ')}`,
      );
      out(`Open ${index}`);
    });
  withExamples(preview, ['passbook mail preview', 'passbook mail preview --to /tmp/mails --json']);
}
