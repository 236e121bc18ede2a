// Replaying refused sales over HTTP on real PostgreSQL: booked once, resolved once, open with today's reason otherwise.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addProducts, foundBrand, openShop } from '../../../../test/factories/brand.ts';
import { codeOf, type PosServer, startPosServer } from '../../../../test/factories/pos-server.ts';
import { installTill, type SaleOnWire, saleOf, stockOf, type Till } from '../../../../test/factories/till.ts';
import { createSaleLanes } from '../sale-lanes.ts';
import { createRawBodyKeeper, rawBodyDaysMax } from './forget-raw-bodies.ts';
import { replaySyncError } from './replay-sync-error.ts';

let server: PosServer;
beforeAll(async () => {
  server = await startPosServer();
});
afterAll(() => server.stop());

const newTill = async (): Promise<Till> =>
  installTill(server.database, await openShop(server.database, server.brand, { firm: true }));
const send = (till: Till, sale: SaleOnWire | object) => server.send({ transactions: [sale] }, { to: till.id });
const replay = (id: string, as?: string) =>
  server.call('POST', `/v1/sync-errors/${id}/replay`, as === undefined ? {} : { as });

async function errorsOf(till: Till, query = ''): Promise<Record<string, unknown>[]> {
  const { body } = await server.call('GET', `/v1/sync-errors?posSystemId=${till.id}${query}`);
  return body['items'] as Record<string, unknown>[];
}

/** A sale that is refused because its time lies two hours ahead of the server's. */
const early = (externalId: string, part: object = {}) => {
  const occurredAt = new Date(server.clock.now().getTime() + 7_200_000).toISOString();
  return saleOf({ tea: 2 }, { externalId, occurredAt, ...part });
};

async function keepEarly(till: Till, externalId: string): Promise<string> {
  await send(till, early(externalId));
  const [kept] = await errorsOf(till);
  return String(kept?.['id']);
}

test('refused still, it stays open; once nothing is in its way, it is booked and resolved', async () => {
  const till = await newTill();
  const id = await keepEarly(till, 'a');
  const refused = await replay(id);
  expect(refused.status).toBe(200);
  expect(refused.body).toMatchObject({
    result: { externalId: 'a', version: 1, status: 'rejected', code: 'pos.time_out_of_range' },
    syncError: {
      id,
      state: 'open',
      code: 'pos.time_out_of_range',
      resolvedAt: null,
      transactionId: null,
      occurrences: 1,
    },
  });
  expect(await stockOf(server.database, till.locationId)).toEqual({});

  server.clock.advance(7_200_000);
  const booked = await replay(id);
  expect(booked.status).toBe(200);
  const { result, syncError } = booked.body as { result: Record<string, unknown>; syncError: Record<string, unknown> };
  expect(result).toEqual({ externalId: 'a', version: 1, status: 'created', transactionId: expect.any(String) });
  expect(syncError).toMatchObject({
    state: 'resolved',
    resolvedAt: server.clock.now().toISOString(),
    resolvedBy: expect.stringMatching(/^key:/),
    transactionId: result['transactionId'],
  });
  expect(await stockOf(server.database, till.locationId)).toEqual({ tea: -2 });
  expect((await server.call('GET', `/v1/sync-errors/${id}`)).body).toEqual(syncError);
  const [movement] = await server.database.rows('select performed_by from stock_movements where location_id = $1', [
    till.locationId,
  ]);
  expect(movement?.['performed_by']).toBe(syncError['resolvedBy']);

  expect(await codeOf(replay(id))).toBe('409 pos.already_resolved');
  expect(await stockOf(server.database, till.locationId)).toEqual({ tea: -2 });
});

test('refused for another reason by now, it shows that one, and is still one error', async () => {
  const till = await newTill();
  const id = await keepEarly(till, 'a');
  await server.database.rows(`update locations set currency = 'EUR' where id = $1`, [till.locationId]);
  server.clock.advance(7_200_000);
  expect((await replay(id)).body).toMatchObject({ result: { status: 'rejected', code: 'pos.wrong_currency' } });
  expect(await errorsOf(till)).toMatchObject([{ id, code: 'pos.wrong_currency', state: 'open', occurrences: 1 }]);
  expect(String((await errorsOf(till))[0]?.['detail'])).toContain('EUR');
});

test('refused at its booking, it is not kept a second time', async () => {
  const till = await newTill();
  const id = await keepEarly(till, 'a');
  server.clock.advance(7_200_000);
  await send(till, saleOf({ tea: 9 }, { externalId: 'a' }));
  expect((await replay(id)).body).toMatchObject({
    result: { status: 'rejected', code: 'pos.version_reused' },
    syncError: { id, code: 'pos.version_reused', occurrences: 1 },
  });
  // What the database refuses goes through the halving of a group commit, which keeps the culprit.
  const poisoned = await keepEarly(till, 'poisoned');
  server.clock.advance(7_200_000);
  await server.database.rows(
    `create function refuse() returns trigger language plpgsql as $$ begin raise 'refused'; end $$;
     create trigger refuse before insert on pos_transactions for each row
       when (new.external_transaction_id = 'poisoned') execute function refuse()`,
  );
  expect((await replay(poisoned)).body).toMatchObject({ result: { status: 'rejected', code: 'pos.not_bookable' } });
  await server.database.rows('drop trigger refuse on pos_transactions');
  expect(await errorsOf(till)).toMatchObject([
    { id: poisoned, code: 'pos.not_bookable', occurrences: 1 },
    { id, code: 'pos.version_reused', occurrences: 1 },
  ]);
  expect((await replay(poisoned)).body).toMatchObject({ result: { status: 'created' } });
});

test('what was booked meanwhile, by the till or before a crash, resolves its error and is booked no second time', async () => {
  const till = await newTill();
  const sale = early('a');
  await send(till, sale);
  const [kept] = await errorsOf(till);
  server.clock.advance(7_200_000);
  const { body } = await send(till, sale);
  const [booked] = body['results'] as { transactionId: string }[];
  // The look at the open errors (settled-errors.test.ts) has not come by yet.
  expect(await errorsOf(till, '&state=open')).toHaveLength(1);
  expect((await replay(String(kept?.['id']))).body).toMatchObject({
    result: { status: 'duplicate', transactionId: booked?.transactionId },
    syncError: { state: 'resolved', transactionId: booked?.transactionId },
  });
  expect(await stockOf(server.database, till.locationId)).toEqual({ tea: -2 });
});

test('an error that a later version overtook is resolved by that sale, whose state stands', async () => {
  const till = await newTill();
  const id = await keepEarly(till, 'a');
  await send(till, saleOf({ tea: 1 }, { externalId: 'a', version: 2, status: 'refunded' }));
  server.clock.advance(7_200_000);
  expect((await replay(id)).body).toMatchObject({ result: { status: 'duplicate' }, syncError: { state: 'resolved' } });
  expect(await stockOf(server.database, till.locationId)).toEqual({ tea: -1 });
});

test('of many replays at once one resolves it, and the sale is booked once', async () => {
  const till = await newTill();
  const id = await keepEarly(till, 'a');
  server.clock.advance(7_200_000);
  const answers = await Promise.all(Array.from({ length: 8 }, () => replay(id)));
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409, 409, 409, 409, 409]);
  expect(await stockOf(server.database, till.locationId)).toEqual({ tea: -2 });
});

test('what can never be a sale can be replayed all the same, and an unknown product of a replayed sale waits', async () => {
  const till = await newTill();
  await server.send('{"transactions": [{"externalId": "x", "total": NaN}]}', { to: till.id });
  const [broken] = await errorsOf(till);
  expect((await replay(String(broken?.['id']))).body).toMatchObject({
    result: { externalId: null, version: null, status: 'rejected', code: 'pos.malformed_sale' },
    syncError: { state: 'open', code: 'pos.malformed_sale' },
  });
  await send(till, { ...early('b'), ...linesOf('btn') });
  server.clock.advance(7_200_000);
  const [kept] = await errorsOf(till);
  expect((await replay(String(kept?.['id']))).body).toMatchObject({ result: { status: 'created' } });
  const [productId] = await addProducts(server.database, server.brand, ['replayed']);
  await server.call('PUT', `/v1/pos-systems/${till.id}/mappings/btn`, { body: { productId } });
  expect(await stockOf(server.database, till.locationId)).toEqual({ replayed: -4 });
});

const linesOf = (externalProductId: string) => ({
  total: 4,
  lines: [{ externalProductId, quantity: 4, unitPrice: 1, total: 4 }],
});

test('a sale of which a card number was overwritten is replayed under its own id', async () => {
  const till = await newTill();
  await send(till, early('receipt 7', { paymentMethod: 'card 4111 1111 1111 1111' }));
  server.clock.advance(7_200_000);
  const [kept] = await errorsOf(till);
  expect(kept?.['rawBody']).toContain('card **** **** **** ****');
  expect((await replay(String(kept?.['id']))).body).toMatchObject({
    result: { externalId: 'receipt 7', status: 'created' },
  });
});

test('the bytes of a booked sale are deleted after 30 days, those of an open error never', async () => {
  const till = await newTill();
  await keepEarly(till, 'open');
  const booked = await keepEarly(till, 'booked');
  server.clock.advance(7_200_000);
  expect((await replay(booked)).body).toMatchObject({ result: { status: 'created' } });
  const bodies = async () => new Map((await errorsOf(till)).map(({ id, rawBody }) => [id, rawBody]));
  const before = await bodies();
  const keep = async () => {
    const keeper = createRawBodyKeeper({ ...server.pos, onError: (error) => expect.fail(String(error)) });
    await keeper.start();
    await keeper.stop();
    return await bodies();
  };
  expect(await keep()).toEqual(before);
  server.clock.advance(rawBodyDaysMax * 86_400_000 + 1);
  expect(await keep()).toEqual(new Map([...before, [booked, null]]));
  expect((await replay(booked)).status).toBe(409);
});

test('whose errors they are decides who reads and replays them; the list is filtered by till, state and code', async () => {
  const till = await newTill();
  const other = await newTill();
  const id = await keepEarly(till, 'mine');
  await keepEarly(other, 'other');
  await send(till, { externalId: 'bad' });
  expect(await errorsOf(till)).toMatchObject([{ externalId: 'bad' }, { externalId: 'mine' }]);
  expect(await errorsOf(till, '&code=pos.time_out_of_range&state=open')).toMatchObject([{ id }]);
  expect(await errorsOf(till, '&state=resolved')).toEqual([]);

  const foreign = (await foundBrand(server.database, 'Foreign')).franchiseId;
  const keys = {
    stranger: (await server.makeKey(['admin'], { franchiseId: foreign })).key,
    neighbour: (await server.makeKey(['pos:manage'], { locationIds: [other.locationId] })).key,
    sender: (await server.makeKey(['sales:write'])).key,
    manager: (await server.makeKey(['pos:manage'], { locationIds: [till.locationId] })).key,
  };
  for (const as of [keys.stranger, keys.neighbour]) {
    expect(await codeOf(replay(id, as))).toBe('404 pos.sync_error_not_found');
    expect(await codeOf(server.call('GET', `/v1/sync-errors/${id}`, { as }))).toBe('404 pos.sync_error_not_found');
  }
  expect(await codeOf(replay(id, keys.sender))).toBe('403 identity.forbidden');
  expect(await codeOf(server.call('GET', `/v1/sync-errors/${id}`, { as: keys.sender }))).toBe('403 identity.forbidden');
  server.clock.advance(7_200_000);
  // Whoever manages a till may replay what it sent, though it may send nothing itself.
  expect((await replay(id, keys.manager)).body).toMatchObject({ result: { status: 'created' } });
});

test('what the lanes do not take on leaves the error as it was', async () => {
  const till = await newTill();
  const id = await keepEarly(till, 'a');
  server.clock.advance(7_200_000);
  const lanes = createSaleLanes({ waitingSalesMax: 0, commit: () => Promise.reject(new Error('not to be reached')) });
  const { connectors } = server.pos.vendors;
  const parts = { db: server.database.db, clock: server.clock, ingest: { ...server.pos.ingest, lanes }, connectors };
  const attempt = () => replaySyncError(parts, server.brand.admin, id);
  await expect(attempt()).rejects.toMatchObject({ code: 'server.unavailable' });
  await lanes.start();
  await expect(attempt()).rejects.toMatchObject({ code: 'pos.overloaded', headers: { 'retry-after': '1' } });
  await lanes.stop();
  expect(await errorsOf(till)).toMatchObject([{ id, state: 'open', code: 'pos.time_out_of_range' }]);
  expect((await replay(id)).body).toMatchObject({ result: { status: 'created' } });
});
