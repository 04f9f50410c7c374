import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { Config } from '../config.ts';

type Setting = {
  readonly config: () => Config;
  readonly out: (line: string) => void;
};

/** Adds the commands about mails. They open no store, and send nothing. */
export function addMailCommands(program: Command, { config, out }: Setting): void {
  const mail = program.command('mail').description('look at mails');

  mail
    .command('preview')
    .description(
      'write a mail of each kind to a folder, with made-up data, and pictures if there is a Chromium',
    )
    .option('--to <folder>', 'folder; made if it is missing', 'mail-preview')
    .option('--json', 'print the result as JSON')
    .action(async ({ to, json }: { to: string; json?: true }) => {
      const { previewMails } = await import('./mail-preview.ts');
      const preview = await previewMails(resolve(to), config());
      if (json) {
        out(JSON.stringify(preview));
        return;
      }
      const { folder, index, mails, pictures } = preview;
      out(`Wrote ${mails.length} mails to ${folder}, each as .eml, .html and .txt`);
      out(
        pictures.length === 0
          ? 'No Chromium was found on PATH, so there are no pictures'
          : `Took ${pictures.length} pictures of each: ${pictures.join(', ')}`,
      );
      out(`Open ${index}`);
    });
}
