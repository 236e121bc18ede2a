// Checks 7, 8, 10, 12 and 13: what a change looks like when it arrives, which ones arrive, and from when on.
import { describe, expect, test } from 'vitest';
import { versions } from '../listening-client.ts';
import { useLiveGateway } from '../live-checks.ts';
import { saleEvent } from '../live-gateway.ts';
import { sampleChange, samples } from '../samples.ts';

const { checks, join } = useLiveGateway({ tables: [samples], limits: { joinsPerSecondMax: 1_000 } });

describe.each(versions)('serializer %s', (vsn) => {
  test('7: INSERT, UPDATE and DELETE have their rows, no errors and an instant', async () => {
    const { own } = checks.ground;
    const listener = await join({ vsn, topic: 'shapes', wishes: [{ table: 'samples' }] });
    checks.live.publish(
      sampleChange(own, { row: { id: 'a', n: 1 } }),
      sampleChange(own, { row: { id: 'a', n: 2 }, before: { id: 'a', n: 1 } }),
      sampleChange(own, { before: { id: 'a', n: 2, secret: 'no column' } }),
    );
    await listener.signal.until('three changes', () => listener.heard[0]?.length === 3);
    const place = { location_id: own.locationId };
    const told = listener.heard[0]?.map(({ eventType, new: after, old }) => [eventType, after, old]);
    expect(told).toEqual([
      ['INSERT', { ...place, id: 'a', n: 1 }, {}],
      ['UPDATE', { ...place, id: 'a', n: 2 }, { ...place, id: 'a', n: 1 }],
      ['DELETE', {}, { ...place, id: 'a', n: 2 }],
    ]);
    for (const { errors, commit_timestamp, table } of listener.heard[0] ?? []) {
      expect([errors, table]).toEqual([null, 'samples']);
      expect(commit_timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    }
  });

  test('8: values arrive as the types that their columns have', async () => {
    const row = {
      id: 'a',
      n: -7,
      big: 9_007_199_254_740_991,
      total: 1234.56,
      s: 'naïve 😀',
      flag: false,
      day: '2026-06-01',
      at: '2026-06-01T12:00:00.123456+00:00',
      local: '2026-06-01T12:00:00',
      data: { nested: [1, null, { a: 'b' }] },
      tags: ['x', 'y z'],
    };
    const nulls = Object.fromEntries(Object.keys(row).map((column) => [column, null]));
    const listener = await join({ vsn, topic: 'types', wishes: [{ table: 'samples' }] });
    const own = { location_id: checks.ground.own.locationId };
    checks.live.publish(sampleChange(checks.ground.own, { row }), sampleChange(checks.ground.own, { row: nulls }));
    await listener.signal.until('both rows', () => listener.heard[0]?.length === 2);
    expect(listener.heard[0]?.map((change) => change.new)).toEqual([
      { ...own, ...row },
      { ...own, ...nulls },
    ]);
  });

  test('10: a row that leaves a filter is not told, one that enters is, and DELETE goes by the row before', async () => {
    const { own, foreign } = checks.ground;
    const listener = await join({
      vsn,
      topic: 'moving',
      wishes: [
        { table: 'samples', filter: 'n=eq.1' },
        { event: 'DELETE', table: 'samples', filter: 'n=gt.5' },
        { event: 'DELETE', table: 'samples', filter: 's=eq.shown' },
        { event: 'DELETE', table: 'samples', filter: `location_id=eq.${foreign.locationId}` },
        { event: 'DELETE', table: 'samples' },
      ],
    });
    checks.live.publish(
      sampleChange(own, { row: { id: 'leaves', n: 2 }, before: { id: 'leaves', n: 1 } }),
      sampleChange(own, { row: { id: 'enters', n: 1 }, before: { id: 'enters', n: 2 } }),
      sampleChange(own, { before: { id: 'one', n: 1 } }),
      sampleChange(own, { before: { id: 'nine', n: 9 } }),
      // Its column is not part of what is known of the row before, so nothing is true about it.
      sampleChange(own, { before: { id: 'unknown' } }),
      // Another brand's row is nobody's business here, filtered for or not.
      sampleChange(foreign, { before: { id: 'foreign', n: 9 } }),
      sampleChange(own, { before: { id: 'end', n: 0, s: 'shown' } }),
    );
    await listener.signal.until('the end', () => listener.heard[2]?.length === 1);
    const ids = listener.heard.map((changes) => changes.map((change) => change.new['id'] ?? change.old['id']));
    expect(ids).toEqual([['enters', 'one'], ['nine'], ['end'], [], ['one', 'nine', 'unknown', 'end']]);
  });

  test('12: of a row over 1 MiB the small values are told, with an error that says so', async () => {
    const { own } = checks.ground;
    const listener = await join({
      vsn,
      topic: 'large',
      wishes: [{ table: 'samples' }, { table: 'samples', select: ['n'] }],
    });
    const row = { id: 'large', n: 5, s: 'x'.repeat(64 - 2), data: { text: 'é'.repeat(600_000) }, tags: null };
    checks.live.publish(
      sampleChange(own, { row }),
      sampleChange(own, { row: { ...row, data: 'y'.repeat(1_000_000) } }),
    );
    await listener.signal.until('both', () => listener.heard[1]?.length === 2);
    const [tooLarge, justNot] = listener.heard[0] ?? [];
    expect(tooLarge?.errors).toEqual(['Error 413: Payload Too Large']);
    expect(tooLarge?.new).toEqual({ location_id: own.locationId, id: 'large', n: 5, s: row.s, tags: null });
    expect([justNot?.errors, String(justNot?.new['data']).length]).toEqual([null, 1_000_000]);
    // Who asked for the small columns alone is not concerned.
    expect(listener.heard[1]?.map((change) => [change.errors, change.new])).toEqual(
      Array(2).fill([null, { id: 'large', n: 5 }]),
    );
    expect(listener.statuses).toEqual(['SUBSCRIBED']);
  });

  test('13: what is committed right after SUBSCRIBED is heard, a hundred times', async () => {
    const { own } = checks.ground;
    const first = await join({ vsn, topic: 'first' });
    for (let round = 0; round < 100; round++) {
      const wishes = [{ event: 'INSERT' as const, table: 'pos_transactions' }];
      const listener = await join({ vsn, topic: 'ready', client: first.client, wishes });
      await checks.live.append(saleEvent(own, `round ${round}`));
      expect(await listener.sale(`round ${round}`)).toEqual([`round ${round}`]);
      await first.client.removeChannel(listener.channel);
    }
  });
});
