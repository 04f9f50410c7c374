/**
 * `npm run pictures`: draws the pictures of the README and the documents into `docs`: a statement, a mail, the web
 * console of the demo, and a payment that arrives. With `--out FOLDER`, only the statement: the page at two widths and
 * in both schemes, its print and its PDF.
 */
import { parseArgs } from 'node:util';
import { launchBrowser } from '../tests/support/browser.ts';
import { drawArrivingPayment } from './pictures/arriving-payment.ts';
import { drawConsole } from './pictures/console.ts';
import { drawAllStatements, drawMail, drawStatement } from './pictures/documents.ts';
import { RunningDemo } from './pictures/running-demo.ts';

const { values } = parseArgs({
  options: { out: { type: 'string' }, lines: { type: 'string', default: '0' } },
});
const browser = await launchBrowser();
try {
  if (values.out === undefined) {
    await drawStatement(browser);
    await drawMail(browser);
    const demo = await RunningDemo.start();
    try {
      await drawConsole(browser, demo);
      await drawArrivingPayment(browser, demo);
    } finally {
      await demo.stop();
    }
  } else {
    await drawAllStatements(browser, { folder: values.out, moreLines: Number(values.lines) });
  }
} finally {
  await browser.close();
}
