import { createApp } from '../../src/adapters/http/index.ts';
import type { App } from '../../src/adapters/http/index.ts';
import { createMemoryStore } from '../../src/adapters/memory/index.ts';
import { createRefreshTokens } from '../../src/adapters/security/index.ts';
import { sha256 } from '../../src/adapters/shared/sha256.ts';
import { sha256OfHex } from '../../src/adapters/system.ts';
import { assembleBank } from '../../src/application/bank.ts';
import type { Bank } from '../../src/application/bank.ts';
import type { CheckpointPorts, KeptCheckpoint } from '../../src/application/ports/checkpoints.ts';
import type { TokenClaims } from '../../src/application/ports/user-store.ts';
import type { LinkKind } from '../../src/application/users/mail-links.ts';
import { readCheckpoint } from '../../src/domain/integrity/checkpoint.ts';
import { sampleFactors } from './sample-factors.ts';

const START = Date.parse('2026-11-02T09:00:00Z');
const HOUR_MS = 3_600_000;

export type SampleBank = {
  readonly app: App;
  readonly bank: Bank;
  readonly advance: (ms: number) => void;
  /** Returns the token of the newest link that the user was mailed. */
  readonly linkOf: (userId: string, kind: LinkKind) => Promise<string>;
};

/** A bank in memory whose clock, ids and salts are fixed, so that two runs answer the same bytes. */
export function makeSampleBank(): SampleBank {
  let now = START;
  let drawn = 0;
  const store = createMemoryStore();
  const tokens = new Map<string, TokenClaims>();
  const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const bank = assembleBank({
    store,
    clock: { now: () => now },
    ids: {
      newId: () => {
        const time = now.toString(16).padStart(12, '0');
        const tail = (++drawn).toString(16).padStart(12, '0');
        return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${tail}`;
      },
      newDigits: (length) => (++drawn).toString().padStart(length, '0'),
      newSalt: () => (++drawn).toString(16).padStart(32, '0'),
    },
    digest: sha256,
    hexDigest: sha256OfHex,
    checkpoints: checkpointsInMemory(),
    hasher: {
      hash: async (password) => password,
      verify: async (password, hash) => password === hash,
      isOutdated: () => false,
    },
    tokens: {
      issue: async (claims) => {
        const token = `example-token-${tokens.size + 1}`;
        tokens.set(token, claims);
        return token;
      },
      verify: async (token) => tokens.get(token),
      hasExpired: async () => false,
    },
    refreshTokens: createRefreshTokens(['a-secret-of-the-examples']),
    links: { tokenOf: (id) => `${id}.example-mac`, idOf: (token) => token.split('.')[0] },
    wait: async () => undefined,
    isCommonPassword: () => false,
    factorTools: sampleFactors(),
    stepUpAmounts: new Map([['EUR', 10_000_000n]]),
    apiKeyFormat: {
      make: () => 'pb_EXAMPLE0000000000000000000000000000000000000000000',
      shownOf: (key) => key.slice(0, 9),
      digestOf: (key) => key,
    },
    defaultCurrency: 'EUR',
    accountPrefix: 'PB',
    accountsPerOwner: null,
    sessionLifetimeMs: 12 * HOUR_MS,
    accessTokenLifetimeMs: HOUR_MS / 4,
    log: silent,
    notify: false,
    onCommit: () => undefined,
  });
  return {
    app: createApp({ bank, log: silent }),
    bank,
    linkOf: async (userId, kind) => {
      const links = await store.unitOfWork.run(({ credentials }) => credentials.ofUser(userId, kind));
      return `${links.at(-1)?.id}.example-mac`;
    },
    advance: (ms) => {
      now += ms;
    },
  };
}

function checkpointsInMemory(): CheckpointPorts {
  const kept: (KeptCheckpoint & { readonly lines: readonly string[] })[] = [];
  return {
    signer: {
      sign: async (checkpoint) => Buffer.from(JSON.stringify(checkpoint)).toString('base64url'),
      read: (signed) => readCheckpoint(JSON.parse(Buffer.from(signed, 'base64url').toString())),
    },
    archive: {
      newest: async () => kept.at(-1),
      page: async ({ after, limit }) =>
        kept
          .filter(({ number }) => after === null || number < after)
          .toReversed()
          .slice(0, limit),
      async *manifest(number) {
        yield* kept.find((one) => one.number === number)?.lines ?? [];
      },
      add: async (number, make) => {
        const lines: string[] = [];
        const signed = await make(async (more) => void lines.push(...more));
        kept.push({ number, signed, lines });
      },
    },
  };
}
