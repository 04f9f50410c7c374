import { access, open, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import { createCheckpointArchive, readLines } from '../adapters/files/index.ts';
import { createCheckpointSigner, publicCheckpointKey, verifyCheckpoint } from '../adapters/security/index.ts';
import { sha256OfHex, systemClock } from '../adapters/system.ts';
import { sha256 } from '../adapters/shared/sha256.ts';
import type { LedgerPorts } from '../application/ledger.ts';
import { statementProofText } from '../application/proofs/statement-proof-text.ts';
import { verifyBooks } from '../application/proofs/verify-books.ts';
import type { Verified, VerifyRequest } from '../application/proofs/verify-books.ts';
import type { Config } from '../config.ts';
import { formatAccountNumber } from '../domain/entities/account-number.ts';
import { GENESIS_HASH } from '../domain/entities/genesis-hash.ts';
import type { Checkpoint } from '../domain/integrity/checkpoint.ts';
import { checkStatementProof, inVersion2, isStatementProof } from '../domain/integrity/statement-proof.ts';
import type { ProvenEntry, ProvenStatement } from '../domain/integrity/statement-proof.ts';
import { readInstant } from '../domain/time.ts';
import { FAULTS, FaultLog } from '../domain/verification/faults.ts';
import type { Fault } from '../domain/verification/faults.ts';
import { createLedger } from '../index.ts';
import { checkpointKey } from '../local-secrets.ts';
import type { CommandTools } from './command-tools.ts';
import { withExamples } from './help.ts';
import { keepLastRun } from './last-runs.ts';
import { isoTime } from './times.ts';

type Setting = Pick<CommandTools, 'config' | 'withStore' | 'out' | 'write' | 'progress' | 'fail'>;
type Options = { readonly json?: true };

const SYSTEM = { kind: 'system' } as const;

/** Adds the commands that verify the books, sign checkpoints and prove statements. */
export function addProofCommands(program: Command, setting: Setting): void {
  const { config, withStore, out, fail } = setting;
  const verify = program
    .command('verify')
    .summary('recompute all books, and compare them')
    .description('Recompute all books, and compare them with the stored ones. Exits 1 if it finds a fault.')
    .option('--json', 'print the result as JSON')
    .option('--checkpoint <file>', 'also compare with this checkpoint (NUMBER.jws)')
    .option('--manifest <file>', "the checkpoint's manifest; default: NUMBER.manifest beside it")
    .option('--key <public>', 'public key of its signer: a file or the key itself; default: your own')
    .action(async (options: VerifyOptions) => {
      const faults = new FaultLog();
      const given = options.checkpoint
        ? await openCheckpoint(
            { ...options, file: options.checkpoint },
            await keyOf(options.key, config),
            faults,
          )
        : undefined;
      await withStore(async ({ reads, scan }) => {
        const found = await verifyBooks({ reads, scan, digest: sha256, hexDigest: sha256OfHex })({
          ...(given && { checkpoint: given }),
          onProgress: (verified) => setting.progress(progressText(verified)),
        });
        const all = [...faults.list(), ...found.faults];
        const run = { at: systemClock.now(), faults: all.length };
        await keepLastRun(config().dataDirectory, { verify: run });
        if (options.json)
          out(JSON.stringify({ ok: all.length === 0, faults: all, verified: found.verified }));
        else for (const line of [...all.map(faultLine), verdict(all, found.verified)]) out(line);
        if (all.length > 0) fail();
      });
    });
  withExamples(verify, ['passbook verify', 'passbook verify --checkpoint data/checkpoints/12.jws']);

  const checkpoint = program
    .command('checkpoint')
    .summary('sign the current state of all accounts')
    .description('Sign the current state of all accounts, and store it outside the database.')
    .option('--json', 'print the result as JSON')
    .action(async ({ json }: Options) => {
      await withLedger(setting, async (ledger) => {
        const made = await ledger.makeCheckpoint();
        const { number, accounts, signed } = made;
        const path = join(config().checkpointDirectory, `${number}.jws`);
        if (json) {
          out(JSON.stringify({ number, accounts, path, signed }));
          return;
        }
        out(
          `Checkpoint ${number} of ${accounts} accounts is in ${path}: give a copy to someone outside the bank`,
        );
        out(signed);
      });
    });
  withExamples(checkpoint, ['passbook checkpoint', 'passbook checkpoint --json']);

  const key = program
    .command('checkpoint-key')
    .summary('print the public key of checkpoints')
    .description('Print the public key that verifies checkpoints, as a JWK.')
    .action(async () => out(await publicCheckpointKey(await checkpointKey(config()))));
  withExamples(key, ['passbook checkpoint-key > bank.jwk']);

  addStatementCommands(program, setting);
  addErasure(program, setting);
}

type VerifyOptions = Options & { checkpoint?: string; manifest?: string; key?: string };

function addErasure(program: Command, setting: Setting): void {
  const { out } = setting;
  const erase = program
    .command('erase-text')
    .summary('erase the texts of a transaction')
    .description("Erase a transaction's description, reference and metadata permanently.")
    .argument('<transactionId>', "transaction's id")
    .requiredOption('--reason <text>', 'reason, for the audit log')
    .option('--json', 'print the result as JSON')
    .action(async (transferId: string, { reason, json }: Options & { reason: string }) => {
      await withLedger(setting, async (ledger) => {
        const erased = await ledger.eraseText(SYSTEM, { transferId, reason });
        if (!erased.ok) throw new Error(`Nothing was erased: ${erased.code}`);
        out(
          json
            ? JSON.stringify({ transactionId: transferId, erased: ['description', 'reference', 'metadata'] })
            : `Erased the description, reference and metadata of ${transferId}`,
        );
      });
    });
  withExamples(erase, ['passbook erase-text 0198c0de-0000-7000-8000-000000000001 --reason "request 17"']);
}

function addStatementCommands(program: Command, setting: Setting): void {
  const { out, fail } = setting;
  const exporting = program
    .command('export-statement')
    .summary('write entries of an account with a proof')
    .description("Write an account's entries of a period, with the proof that a checkpoint covers them.")
    .argument('<accountId>', "account's id")
    .option('--from <instant>', 'day or RFC 3339 instant; default: the opening', instantOf)
    .option('--to <instant>', 'day or RFC 3339 instant, exclusive; default: the newest checkpoint', instantOf)
    .option('--out <file>', 'destination file (must not exist); default: standard output')
    .action(async (accountId: string, options: { from?: number; to?: number; out?: string }) => {
      const { out: file, ...period } = options;
      await withLedger(setting, async (ledger) => {
        const proof = await ledger.readStatementProof(SYSTEM, { accountId, ...period });
        const parts = statementProofText(proof, { indent: 1 });
        if (file === undefined) for await (const part of parts) await setting.write(part);
        else await writeParts(file, parts);
      });
    });
  withExamples(exporting, [
    'passbook export-statement ACCOUNT_ID --from 2026-01-01 --to 2026-02-01 --out january.json',
  ]);

  const verifying = program
    .command('verify-statement')
    .summary('check a statement and its proof')
    .description('Check a statement and its proof, without a database.')
    .argument('<file>', 'file that export-statement wrote')
    .requiredOption('--key <public>', "the bank's public key: a file or the key itself")
    .option('--json', 'print the result as JSON')
    .action(async (file: string, { key, json }: Options & { key: string }) => {
      const proof = inVersion2(parsed(await readFile(file, 'utf8')));
      if (!isStatementProof(proof)) throw new Error(`${file} is not a statement proof`);
      const checkpoint = await verifyCheckpoint(proof.checkpoint, await textOf(key));
      const result = checkpoint
        ? checkStatementProof(proof, checkpoint, { digest: sha256, hexDigest: sha256OfHex })
        : ({ ok: false, reason: 'its checkpoint is not signed with this key' } as const);
      if (!result.ok) fail();
      if (json) out(provenJson(result, proof.period));
      else if (!result.ok) out(`NOT PROVEN: ${result.reason}`);
      else if (checkpoint)
        for (const line of statementLines(proof.period, result.statement, checkpoint)) out(line);
    });
  withExamples(verifying, ['passbook verify-statement january.json --key bank.jwk']);
}

type Proven = { readonly ok: true; readonly statement: ProvenStatement };
type Unproven = { readonly ok: false; readonly reason: string };

/** Amounts are strings of minor units, as in the API. */
function provenJson(result: Proven | Unproven, { from, to }: { from: number; to: number }): string {
  const shown = result.ok
    ? { proven: true, period: { from: isoTime(from), to: isoTime(to) }, ...result.statement }
    : { proven: false, reason: result.reason };
  return JSON.stringify(shown, (_name, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  );
}

/** The value of a JSON text; undefined if it is none. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Writes a new file, and removes it if a part fails. @throws Error if the file exists */
async function writeParts(path: string, parts: AsyncIterable<string>): Promise<void> {
  const file = await open(path, 'wx');
  try {
    for await (const part of parts) await file.appendFile(part);
  } catch (fault) {
    await rm(path, { force: true });
    throw fault;
  } finally {
    await file.close();
  }
}

async function withLedger(
  { config, withStore }: Setting,
  work: (ledger: ReturnType<typeof createLedger>) => Promise<void>,
): Promise<void> {
  const { checkpointDirectory } = config();
  const checkpoints: LedgerPorts['checkpoints'] = {
    signer: await createCheckpointSigner(await checkpointKey(config())),
    archive: createCheckpointArchive({ directory: checkpointDirectory }),
  };
  await withStore(async (store) => {
    const ledger = createLedger({ store, checkpoints });
    try {
      await work(ledger);
    } finally {
      await ledger.close();
    }
  });
}

/** Reads a checkpoint and opens its manifest. @throws Error if the checkpoint is not signed with the key */
async function openCheckpoint(
  { file, manifest = manifestOf(file) }: { file: string; manifest?: string },
  key: string,
  faults: FaultLog,
): Promise<NonNullable<VerifyRequest['checkpoint']>> {
  const signed = await readFile(file, 'utf8');
  const checkpoint = await verifyCheckpoint(signed.trim(), key);
  if (!checkpoint) throw new Error(`${file} is not a checkpoint signed with this key`);
  const { number, previous } = checkpoint;
  const before = await readFile(join(dirname(file), `${number - 1}.jws`), 'utf8').catch(() => undefined);
  const isFollowing =
    number === 1 ? previous === GENESIS_HASH : !before || sha256(before.trim()) === previous;
  if (!isFollowing) faults.report('checkpoint_previous', { detail: `number ${number}` });
  // Fails for a missing manifest before anything is recomputed
  await access(manifest);
  return { checkpoint, manifest: readLines(manifest) };
}

function manifestOf(file: string): string {
  return `${file.replace(/\.jws$/, '')}.manifest`;
}

/** The given key. Default: the public half of the bank's own. */
async function keyOf(given: string | undefined, config: () => Config): Promise<string> {
  return given === undefined ? publicCheckpointKey(await checkpointKey(config())) : textOf(given);
}

/** Returns the text of a key, given as such or as the path of its file. */
async function textOf(key: string): Promise<string> {
  return /^\s*(?:\{|-----BEGIN)/.test(key) ? key : readFile(key, 'utf8');
}

function instantOf(text: string): number {
  const read = readInstant(text, { days: true });
  if ('fault' in read) throw new InvalidArgumentError(`"${text}" ${read.fault}`);
  return read.instant;
}

function progressText({ accounts, entries, transfers, records }: Verified): string {
  return `${accounts} accounts, ${entries} entries, ${transfers} transfers, ${records} keys`;
}

/** One line per kind of fault: the kind, the place of the first one, and the number of others. */
function faultLine({ kind, count, detail, ...place }: Fault & { count: number }): string {
  const where = Object.entries(place).map(([name, value]) => `${name} ${value}`);
  const said = [...where, ...(detail === undefined ? [] : [detail])].join(', ');
  return `FAULT ${kind}: ${FAULTS[kind]}: ${said}${count > 1 ? ` (and ${count - 1} more)` : ''}`;
}

function verdict(faults: readonly Fault[], verified: Verified): string {
  const seen = `${progressText(verified)}, ${verified.auditRecords} audit records`;
  return faults.length === 0 ? `The books are whole: ${seen}` : `The books are NOT whole: ${seen}`;
}

function* statementLines(
  period: { from: number; to: number },
  { account, openingBalance, closingBalance, entries }: ProvenStatement,
  { number, at }: Checkpoint,
): Iterable<string> {
  const { id, number: ofAccount, currency } = account;
  const name = ofAccount ? `${id}, number ${formatAccountNumber(ofAccount)},` : id;
  yield `Proven: account ${name} from ${isoTime(period.from)} to ${isoTime(period.to)}, in minor units of ${currency}`;
  yield `opening balance ${openingBalance}`;
  for (const entry of entries) {
    const { sequence, at: instant, step, direction, posted } = entry;
    yield `${sequence} ${isoTime(instant)} ${step} ${direction} ${posted}${textsOf(entry)}`;
  }
  yield `closing balance ${closingBalance}`;
  yield `by checkpoint ${number} of ${isoTime(at)}`;
}

/** Quotes the texts of an entry, so that a description cannot pass for a reference. */
function textsOf(entry: ProvenEntry): string {
  return (['reference', 'description'] as const)
    .map((name) => (entry[name] ? `, ${name} ${JSON.stringify(entry[name].text)}` : ''))
    .join('');
}
