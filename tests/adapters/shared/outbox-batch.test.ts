import { describe, expect, it } from 'vitest';
import { ClaimedBatches, withoutText } from '../../../src/adapters/shared/outbox-batch.ts';
import { aTransferMessage, aWelcome } from '../../../src/testing/fixtures/builders.ts';

const messages = [aWelcome({ id: 'a' }), aWelcome({ id: 'b' }), aWelcome({ id: 'c' })];

describe('the parcels that a process has seen', () => {
  it('are meant whole where all of their messages are', () => {
    const seen = ClaimedBatches.none();
    seen.saw({ id: 'first', messages });
    seen.saw({ id: 'second', messages: [aWelcome({ id: 'd' })] });
    expect(seen.of(['a', 'b', 'd', 'a', 'x'])).toEqual({ whole: ['second'], others: ['first'] });
    expect(seen.of(['a', 'b', 'c'])).toEqual({ whole: ['first'], others: [] });
  });

  it('are not meant whole once a message has left one', () => {
    const seen = ClaimedBatches.none();
    seen.saw({ id: 'first', messages });
    seen.saw({ id: 'left', messages: messages.slice(0, 1) });
    expect(seen.of(['a', 'b', 'c'])).toEqual({ whole: ['left'], others: ['first'] });
  });

  it('are as they were until a unit is kept', () => {
    const seen = ClaimedBatches.none();
    seen.saw({ id: 'first', messages });
    const unit = seen.forUnit();
    unit.saw({ id: 'second', messages: [aWelcome({ id: 'd' })] });
    unit.forget(['a', 'b', 'c']);
    expect(unit.of(['a', 'd'])).toEqual({ whole: ['second'], others: [] });
    expect(seen.of(['a', 'b', 'c', 'd'])).toEqual({ whole: ['first'], others: [] });

    unit.keep();
    expect(seen.of(['a', 'b', 'c', 'd'])).toEqual({ whole: ['second'], others: [] });
  });
});

describe('a batch without the text of a transfer', () => {
  it('keeps neither its description nor its reference, and all of the others', () => {
    const erased = aTransferMessage({ description: 'Rent', reference: 'FLAT 12' });
    const other = aTransferMessage({ description: 'Lunch', reference: 'INV 7' });
    const batch = withoutText({ id: 'a', messages: [erased, other, ...messages] }, erased.transferId);
    expect(batch.messages[0]).not.toHaveProperty('reference');
    expect(batch.messages[0]).toMatchObject({ transferId: erased.transferId, description: null });
    expect(batch.messages.slice(1)).toEqual([other, ...messages]);
  });
});
