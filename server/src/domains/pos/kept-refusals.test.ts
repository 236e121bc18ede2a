// Refused elements as rows: whatever is quoted in a reason must be storable itself.
import { expect, test } from 'vitest';
import { keptRefusals } from './kept-refusals.ts';

test('an id or a reason that quotes what PostgreSQL cannot store is kept with replacement characters', () => {
  const system = { id: 's', locationId: 'l', franchiseId: 'f' };
  const waiting = {
    ...{ system, performedBy: 'key:test', raw: Buffer.from('{}') },
    parsed: {
      ok: false,
      refusal: { externalId: null, version: null, code: 'pos.malformed_sale', detail: '' },
    } as const,
  };
  const refusal = { externalId: 'a\u0000b', version: null, code: 'pos.malformed_sale', detail: 'is \ud800 no \u0000' };
  const [row] = keptRefusals([{ waiting, refusal }], new Map(), new Date(0));
  expect(row).toMatchObject({ externalId: 'a\ufffdb', detail: 'is \ufffd no \ufffd' });
});
