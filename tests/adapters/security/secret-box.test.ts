import { describe, expect, test } from 'vitest';
import { createSecretBox } from '../../../src/adapters/security/secret-box.ts';

const [NEW, OLD] = ['a new secret of the tests', 'an old secret of the tests'];

describe('A secret box', () => {
  test('opens what it sealed, and hides it', () => {
    const box = createSecretBox([NEW]);
    const sealed = box.seal('JBSWY3DP', 'alice');

    expect(box.open(sealed, 'alice')).toBe('JBSWY3DP');
    expect(Buffer.from(sealed, 'base64url').includes('JBSWY3DP')).toBe(false);
    expect(box.seal('JBSWY3DP', 'alice')).not.toBe(sealed);
  });

  test('opens nothing for another context', () => {
    const box = createSecretBox([NEW]);

    expect(box.open(box.seal('JBSWY3DP', 'alice'), 'bob')).toBeUndefined();
  });

  test('opens nothing that was changed, cut or made up', () => {
    const box = createSecretBox([NEW]);
    const bytes = Buffer.from(box.seal('JBSWY3DP', 'alice'), 'base64url');
    const changed = [...bytes.keys()].map((at) => {
      const copy = Buffer.from(bytes);
      copy[at] = (copy[at] ?? 0) ^ 1;
      return copy;
    });

    for (const wrong of [...changed, bytes.subarray(0, -1), bytes.subarray(0, 27), Buffer.alloc(0)]) {
      expect(box.open(wrong.toString('base64url'), 'alice')).toBeUndefined();
    }
  });

  test('seals with its first secret, and opens with all', () => {
    const sealed = createSecretBox([OLD]).seal('JBSWY3DP', 'alice');
    const both = createSecretBox([NEW, OLD]);

    expect(both.open(sealed, 'alice')).toBe('JBSWY3DP');
    expect(createSecretBox([NEW]).open(sealed, 'alice')).toBeUndefined();
    expect(createSecretBox([NEW]).open(both.seal('JBSWY3DP', 'alice'), 'alice')).toBe('JBSWY3DP');
  });
});
