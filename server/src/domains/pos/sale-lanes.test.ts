// The lanes by themselves: what is committed together, when, and what a request is told. The commit is a promise that the
// test settles, so each order of events happens because the test made it happen.
import { expect, test } from 'vitest';
import { saleOf, waitingAt } from '../../../test/factories/till.ts';
import { stressService } from '../../../test/harness/stress-service.ts';
import type { Outcome } from './commit-sales.ts';
import { notDurable, overloaded } from './errors.ts';
import { createSaleLanes, type LaneLimits, laneOf } from './sale-lanes.ts';
import type { WaitingSale } from './waiting-sale.ts';

function saleAt(locationId: string, externalId: string, bytes = 10): WaitingSale {
  const refusal = { externalId, version: 1, code: 'pos.test', detail: '' };
  const system = { id: `till of ${locationId}`, locationId, franchiseId: 'f' };
  return { system, performedBy: 'key:test', raw: Buffer.alloc(bytes), parsed: { ok: false, refusal } };
}
const nameOf = ({ parsed }: WaitingSale) => (parsed.ok ? parsed.sale.externalId : (parsed.refusal.externalId ?? ''));
const booked = (sale: WaitingSale): Outcome => ({
  result: { externalId: nameOf(sale), version: 1, status: 'created' },
});

/** Lanes whose commits wait until the test says so. */
async function setup(limits: Partial<LaneLimits> = {}) {
  const commits: { names: string[]; finish(outcome?: (sale: WaitingSale) => Outcome): void }[] = [];
  let announce = () => {};
  const lanes = createSaleLanes({
    lanes: 1,
    delayMs: 1,
    ...limits,
    commit: (sales) =>
      new Promise((resolve) => {
        const finish = (outcome = booked) => resolve(sales.map(outcome));
        commits.push({ names: sales.map(nameOf), finish });
        announce();
      }),
  });
  await lanes.start();
  /** The commit of this number, once it has begun. */
  const commit = async (number: number) => {
    while (commits[number] === undefined) {
      await new Promise<void>((resolve) => {
        announce = resolve;
      });
    }
    return commits[number];
  };
  return { lanes, commit, commits };
}

test('what comes while a commit runs is committed together afterwards, in order', async () => {
  const { lanes, commit } = await setup();
  const first = lanes.enqueue([saleAt('a', '1')]);
  const running = await commit(0);
  const others = [lanes.enqueue([saleAt('a', '2'), saleAt('b', '3')]), lanes.enqueue([saleAt('a', '4')])];
  running.finish();
  expect(await first).toEqual([{ externalId: '1', version: 1, status: 'created' }]);
  const next = await commit(1);
  expect(next.names).toEqual(['2', '3', '4']);
  next.finish();
  expect((await Promise.all(others)).map((results) => results.map((result) => result.externalId))).toEqual([
    ['2', '3'],
    ['4'],
  ]);
});

test('an idle lane does not wait for company when the batch is full', async () => {
  // Were it to wait for its delay, the test would never end.
  const delayMs = 2 ** 30;
  const full = await setup({ delayMs, batchSalesMax: 3 });
  const answer = full.lanes.enqueue(['1', '2', '3', '4'].map((name) => saleAt('a', name)));
  expect((await full.commit(0)).names).toEqual(['1', '2', '3']);
  (await full.commit(0)).finish();
  (await full.commit(1)).finish();
  expect((await answer).map((result) => result.externalId)).toEqual(['1', '2', '3', '4']);

  const wide = await setup({ delayMs, batchShopsMax: 2 });
  const shops = wide.lanes.enqueue(['a', 'a', 'b', 'c', 'a'].map((shop, index) => saleAt(shop, String(index))));
  expect((await wide.commit(0)).names).toEqual(['0', '1', '2']);
  (await wide.commit(0)).finish();
  expect((await wide.commit(1)).names).toEqual(['3', '4']);
  (await wide.commit(1)).finish();
  await shops;
});

test('a commit takes so many lines, and a sale of more has one for itself', async () => {
  const now = new Date('2026-03-08T12:00:00Z');
  const till = { id: 'till', locationId: 'a', franchiseId: 'f', franchiseeId: 'g' };
  const saleOfLines = (externalId: string, lines: number) =>
    waitingAt(
      till,
      saleOf(Object.fromEntries(Array.from({ length: lines }, (_, at) => [`S${at}`, 1])), { externalId }),
      now,
    );
  const { lanes, commit } = await setup({ delayMs: 2 ** 30, batchLinesMax: 4 });
  const lines = { '1': 2, '2': 2, '3': 1, '4': 9, '5': 1, '6': 3 };
  const answer = lanes.enqueue(Object.entries(lines).map(([name, count]) => saleOfLines(name, count)));
  for (const [number, names] of [['1', '2'], ['3'], ['4'], ['5', '6']].entries()) {
    const running = await commit(number);
    expect(running.names).toEqual(names);
    running.finish();
  }
  expect((await answer).map((result) => result.externalId)).toEqual(Object.keys(lines));
});

test('a busy lane waits a moment for those whom it has just answered', async () => {
  const { lanes, commit, commits } = await setup({ pauseMsMax: 2 ** 30, batchSalesMax: 3 });
  const first = lanes.enqueue([saleAt('a', '1')]);
  const running = await commit(0);
  const waiting = lanes.enqueue([saleAt('a', '2')]);
  const startedAt = performance.now();
  // The pause is a share of the commit's time, so the commit has to take some.
  while (performance.now() - startedAt < 200) await new Promise(setImmediate);
  running.finish();
  await first;
  const again = lanes.enqueue([saleAt('a', '3')]);
  expect(commits).toHaveLength(1);
  const filling = lanes.enqueue([saleAt('a', '4')]);
  const next = await commit(1);
  expect(next.names).toEqual(['2', '3', '4']);
  next.finish();
  await Promise.all([waiting, again, filling]);
});

test('one sale that does not reach the database fails its own request, not its neighbours', async () => {
  const { lanes, commit } = await setup();
  const spoilt = lanes.enqueue([saleAt('a', '1'), saleAt('a', 'bad')]);
  const fine = lanes.enqueue([saleAt('a', '2')]);
  const outcome = (sale: WaitingSale): Outcome =>
    nameOf(sale) === 'bad' ? { failure: notDurable('no') } : booked(sale);
  (await commit(0)).finish(outcome);
  await expect(spoilt).rejects.toSatisfy(notDurable.is);
  expect(await fine).toHaveLength(1);
});

test('what the lanes cannot hold is refused at once, and taken again when there is room', async () => {
  const { lanes, commit } = await setup({ waitingSalesMax: 2, waitingBytesMax: 100 });
  const first = lanes.enqueue([saleAt('a', '1'), saleAt('a', '2')]);
  await expect(lanes.enqueue([saleAt('a', '3')])).rejects.toSatisfy(
    (error) => overloaded.is(error) && error.status === 503 && error.headers['retry-after'] === '1',
  );
  expect(lanes.waiting()).toBe(2);
  (await commit(0)).finish();
  await first;
  expect(lanes.waiting()).toBe(0);
  await expect(lanes.enqueue([saleAt('a', '4', 101)])).rejects.toSatisfy(overloaded.is);
  const again = lanes.enqueue([saleAt('a', '5', 100)]);
  (await commit(1)).finish();
  expect(await again).toHaveLength(1);
});

test('stopping commits what waits, answers it, and takes no more', async () => {
  const { lanes, commit } = await setup({ delayMs: 2 ** 30 });
  const answer = lanes.enqueue([saleAt('a', '1')]);
  let stopped = false;
  const stopping = lanes.stop().then(() => {
    stopped = true;
  });
  const last = await commit(0);
  await expect(lanes.enqueue([saleAt('a', '2')])).rejects.toMatchObject({ code: 'server.unavailable' });
  expect(stopped).toBe(false);
  last.finish();
  expect(await answer).toHaveLength(1);
  await stopping;
});

test('whoever is answered may send again at once: the lane is never left asleep', async () => {
  const { lanes, commit } = await setup();
  for (let round = 0; round < 20; round++) {
    const answer = lanes.enqueue([saleAt('a', String(round))]);
    (await commit(round)).finish();
    await answer;
  }
});

test('a shop always has the same lane, and shops spread over the lanes', () => {
  const ids = Array.from({ length: 1_000 }, (_, index) => `01932c07-209b-7d5c-8a77-${String(index).padStart(12, '0')}`);
  const counts = [0, 0, 0, 0];
  for (const id of ids) {
    expect(laneOf(id, 4)).toBe(laneOf(id, 4));
    counts[laneOf(id, 4)] = (counts[laneOf(id, 4)] ?? 0) + 1;
  }
  for (const count of counts) expect(count).toBeGreaterThan(150);
});

test('lanes survive any order of start and stop', () =>
  stressService({ create: () => createSaleLanes({ commit: async (sales) => sales.map(booked) }) }));
