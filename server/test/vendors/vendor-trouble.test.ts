/** Vendors that answer as no contract says: whatever they say, a till goes on, says what is wrong, and skips nothing. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { eventually } from '../harness/eventually.ts';
import { openTroubledGround, type TroubledGround } from './troubled-ground.ts';
import { orderAt, page, soldAt } from './troubled-vendor.ts';

let ground: TroubledGround;
beforeAll(async () => {
  ground = await openTroubledGround({ leaseMs: 2_000 });
});
afterEach(() => ground.closeTills());
afterAll(() => ground.stop());

const sale = (externalId: string, part: object = {}) => soldAt(ground.server.clock.now(), externalId, part);
const toastOrder = (n: number) => orderAt(ground.server.clock.now(), n);

test('a vendor whose words no row can hold is a failure like others, and the till goes on', async () => {
  let isBad = false;
  const { till, run } = await ground.openTill('custom', ({ url, send }) => {
    if (!isBad || url.pathname !== '/transactions') return false;
    send(400, '{"message":"no\\u0000way, \\ud800 that is half a letter"}');
    return true;
  });
  isBad = true;
  expect(await run()).toMatchObject({ failure_kind: 'refused', failure_detail: expect.stringContaining('noway') });
  expect(await ground.connectionOf(till)).toMatchObject({ state: 'failing', isRunning: false });
  isBad = false;
  expect(await run()).toMatchObject({ failure_kind: null });
});

test('a lease whose run is over and could not give it back ends by itself, and is shown as failing meanwhile', async () => {
  const { till } = await ground.openTill('custom', () => false);
  const hang = Promise.withResolvers<void>();
  let hangs = false;
  // The node's own id, as the lease of another till shows it.
  const working = await ground.openTill('custom', async ({ url }) => {
    if (hangs && url.pathname === '/transactions') await hang.promise;
    return false;
  });
  ground.beforeClosing(hang.resolve);
  hangs = true;
  await ground.server.database.rows(
    'update pos_connections set next_poll_at = clock_timestamp() where pos_system_id = $1',
    [working.till.posSystemId],
  );
  ground.server.pos.poller.wake();
  const node = await eventually(async () => {
    const sql = 'select lease_holder from pos_connections where pos_system_id = $1 and lease_holder is not null';
    const [row] = await ground.server.database.rows<{ lease_holder: string }>(sql, [working.till.posSystemId]);
    if (row === undefined) throw new Error('The till is not being read yet');
    return row.lease_holder;
  });
  await ground.server.database.rows(
    `update pos_connections set lease_holder = $2, lease_until = clock_timestamp() + interval '1 second',
       started_at = clock_timestamp() - interval '6 minutes', next_poll_at = clock_timestamp()
     where pos_system_id = $1`,
    [till.posSystemId, node],
  );
  expect(await ground.connectionOf(till)).toMatchObject({ state: 'failing', failure: { kind: 'ours' } });
  // It is taken up by a run that ends, though its node lives and renews the lease of the other.
  await eventually(async () =>
    expect(await ground.connectionOf(till)).toMatchObject({ state: 'active', isRunning: false }),
  );
});

test('one string that cannot be kept costs its own row and nothing else', async () => {
  let isBad = false;
  const { till, run } = await ground.openTill('custom', ({ url, send }) => {
    if (!isBad) return false;
    if (url.pathname === '/items') {
      const items = [
        { externalId: 'good', name: 'Good', sku: 'tea' },
        { externalId: 'nul', name: 'N\0UL', sku: 'ca\0ke' },
        { externalId: 'i\0d', name: 'No id' },
        { externalId: 'x'.repeat(9_000), name: 'Long' },
        { externalId: 'half', name: 'half \ud800 of it'.padEnd(9_000, '.') },
      ];
      send(200, page(items));
      return true;
    }
    if (url.pathname !== '/transactions') return false;
    const line = { name: 'B', externalProductId: 'n\0ul', quantity: 1, total: '3.00' };
    send(200, page([sale('bad', { lines: [line] }), sale('bad\0id'), sale('good')]));
    return true;
  });
  isBad = true;
  await ground.server.database.rows('update pos_connections set catalogue_at = null where pos_system_id = $1', [
    till.posSystemId,
  ]);
  ground.server.clock.advance(60_000);
  expect(await run()).toMatchObject({ failure_kind: null, catalogue_failure: null });
  expect(await ground.bookedAt(till)).toContain('good');
  const items = await ground.server.database.rows<{ id: string; name: string; sku: string | null }>(
    'select external_product_id as id, name, sku from pos_catalogue_items where pos_system_id = $1 order by 1',
    [till.posSystemId],
  );
  expect(items.map(({ id }) => id)).toEqual(['good', 'half', 'nul']);
  expect(items[2]).toMatchObject({ name: 'NUL', sku: null });
  const [kept] = await ground.server.database.rows(
    'select count(*)::int as n from sync_errors where pos_system_id = $1',
    [till.posSystemId],
  );
  expect(kept?.['n']).toBeGreaterThan(0);
});

test('a page of Toast that is refused in the middle of a window is no end of it', async () => {
  for (const status of [409, 422, 400, 499]) {
    let isBad = false;
    const { till, run } = await ground.openTill('toast', ({ url, send }) => {
      if (!url.pathname.endsWith('ordersBulk') || !isBad) return false;
      const isFirst = url.searchParams.get('page') === '1';
      if (isFirst) {
        const orders = Array.from({ length: 100 }, (_, n) => toastOrder(n));
        send(200, orders, { link: '</orders?page=2>; rel="next"' });
      } else send(status, { message: 'Settings were published during paging', canRetry: true });
      return true;
    });
    isBad = true;
    ground.server.clock.advance(60_000);
    const before = (
      await ground.server.database.rows('select cursor_at from pos_connections where pos_system_id = $1', [
        till.posSystemId,
      ])
    )[0];
    const row = await run();
    const isPassing = status === 409 || status === 499;
    expect(row).toMatchObject({
      failure_kind: isPassing ? 'unavailable' : 'refused',
      cursor_at: before?.['cursor_at'],
    });
    expect(await ground.bookedAt(till)).toHaveLength(100);
    isBad = false;
    expect(await run()).toMatchObject({ failure_kind: null });
  }
});

test('an answer of 200 without the list that it owes is a failure, and moves no cursor', async () => {
  let isDown = false;
  const { run, first } = await ground.openTill('clover', ({ url, send }) => {
    if (!isDown || !url.pathname.endsWith('/orders')) return false;
    send(200, { message: 'We are down for maintenance' });
    return true;
  });
  isDown = true;
  ground.server.clock.advance(60_000);
  expect(await run()).toMatchObject({ failure_kind: 'malformed', cursor_at: first['cursor_at'] });
});

test('a place that the vendor no longer knows is begun anew, in the feed and in a sync', async () => {
  let mode: 'quiet' | 'dying' | 'expired' = 'quiet';
  const old: string[] = [];
  const { till, run } = await ground.openTill('custom', ({ url, send }) => {
    if (mode === 'quiet' || url.pathname !== '/transactions') return false;
    const after = url.searchParams.get('after');
    if (mode === 'dying') {
      if (after === null) send(200, page([sale('c-1')], 'old-1'));
      else send(503, {});
      return true;
    }
    if (after?.startsWith('old')) {
      old.push(after);
      send(400, { message: 'unknown cursor' });
    } else send(200, page([sale('c-1'), sale('c-2')]));
    return true;
  });
  mode = 'dying';
  ground.server.clock.advance(60_000);
  expect(await run()).toMatchObject({ failure_kind: 'unavailable', resume_at: expect.stringContaining('old-1') });
  mode = 'expired';
  expect(await run()).toMatchObject({ failure_kind: null, window_to: null, resume_at: null });
  expect(await ground.bookedAt(till)).toEqual(['c-1', 'c-2']);
  expect(old).toHaveLength(1);

  mode = 'dying';
  await ground.server.database.rows('update pos_connections set next_poll_at = null where pos_system_id = $1', [
    till.posSystemId,
  ]);
  const path = `/v1/pos-systems/${till.posSystemId}/sync`;
  const asked = await ground.server.call('POST', `${path}`, {
    body: { since: new Date(ground.server.clock.now().getTime() - 600_000).toISOString() },
  });
  const sync = async () =>
    (await ground.server.call('GET', `/v1/pos-systems/${till.posSystemId}/syncs/${asked.body['id']}`)).body;
  await eventually(async () => expect(await sync()).toMatchObject({ state: 'running', documents: 1 }));
  await eventually(async () =>
    expect(await ground.connectionOf(till)).toMatchObject({ failure: { kind: 'unavailable' } }),
  );
  mode = 'expired';
  await ground.server.database.rows('update pos_connections set wake_at = clock_timestamp() where pos_system_id = $1', [
    till.posSystemId,
  ]);
  ground.server.pos.poller.wake();
  await eventually(async () => expect(await sync()).toMatchObject({ state: 'done' }));
  expect(old).toHaveLength(2);
});

test('a clock that is nonsense is told, and silences no till', async () => {
  let isOff = false;
  const { till, run, first } = await ground.openTill('custom', ({ url, send }) => {
    if (!isOff) return false;
    const headers = { date: 'Thu, 01 Jan 1970 00:00:00 GMT' };
    if (url.pathname === '/transactions') send(200, page([sale('late-1')]), headers);
    else send(200, page([]), headers);
    return true;
  });
  isOff = true;
  ground.server.clock.advance(60_000);
  await run();
  ground.server.clock.advance(60_000);
  expect(await run()).toMatchObject({ failure_kind: null });
  expect(await ground.bookedAt(till)).toEqual(['late-1']);
  await ground.server.database.rows(
    `update pos_connections set cursor_at = clock_timestamp() - interval '1 hour' where pos_system_id = $1`,
    [till.posSystemId],
  );
  const view = await ground.connectionOf(till);
  expect(view).toMatchObject({ notes: [expect.stringContaining('clock')] });
  expect(view['lagSeconds']).toBeGreaterThan(3_500);
  isOff = false;
  await ground.server.database.rows('update pos_connections set cursor_at = $2 where pos_system_id = $1', [
    till.posSystemId,
    first['cursor_at'],
  ]);
  // The first answer tells the time anew, and the window after it is cut by that.
  await run();
  const right = await run();
  expect(right).toMatchObject({ failure_kind: null });
  expect(new Date(String(right['cursor_at'])).getTime()).toBeGreaterThan(
    new Date(String(first['cursor_at'])).getTime(),
  );
});

test('items that the vendor does not show are noted, and sales go on', async () => {
  let isShut = false;
  const { till, run } = await ground.openTill('toast', ({ url, send }) => {
    if (isShut && url.pathname.startsWith('/menus')) send(403, { status: 403, message: 'missing scope menus:read' });
    else if (isShut && url.pathname.endsWith('ordersBulk') && url.searchParams.has('startDate'))
      send(200, [toastOrder(500)]);
    else return false;
    return true;
  });
  isShut = true;
  await ground.server.database.rows('update pos_connections set catalogue_at = null where pos_system_id = $1', [
    till.posSystemId,
  ]);
  ground.server.clock.advance(60_000);
  expect(await run()).toMatchObject({ failure_kind: null, catalogue_failure: expect.stringContaining('menus:read') });
  expect(await ground.bookedAt(till)).toHaveLength(1);
  expect(await ground.connectionOf(till)).toMatchObject({ state: 'active', notes: [expect.stringContaining('items')] });
  isShut = false;
  ground.server.clock.advance(11 * 60_000);
  expect(await run()).toMatchObject({ catalogue_failure: null });
});

test('an edit in the middle of a window begins it anew; one in the middle of a run ends the run at its next page', async () => {
  let isLong = false;
  let pages = 0;
  const arrived = Promise.withResolvers<void>();
  const edited = Promise.withResolvers<void>();
  const { till, run, stub } = await ground.openTill('custom', async ({ url, send }) => {
    if (!isLong || url.pathname !== '/transactions') return false;
    pages++;
    if (pages === 3) {
      arrived.resolve();
      await edited.promise;
    }
    send(200, page([sale(`p-${pages}`)], `old-${pages}`));
    return true;
  });
  await ground.server.database.rows(
    `update pos_connections set window_to = clock_timestamp(), resume_at = '{"feed":0,"after":"older"}' where pos_system_id = $1`,
    [till.posSystemId],
  );
  const edit = async (settings: object) => {
    const { version } = await ground.viewOf(till);
    const answer = await ground.server.call('PATCH', `/v1/pos-systems/${till.posSystemId}`, {
      body: { ...settings },
      headers: { 'if-match': `"${version}"` },
    });
    expect(answer.status).toBe(200);
  };
  await edit({ settings: { storeId: 'store-9' } });
  expect((await run())['failure_kind']).toBeNull();
  expect(stub.asked.filter(({ search }) => search.includes('older'))).toEqual([]);

  isLong = true;
  ground.server.clock.advance(60_000);
  await ground.server.database.rows(
    'update pos_connections set next_poll_at = clock_timestamp() where pos_system_id = $1',
    [till.posSystemId],
  );
  ground.server.pos.poller.wake();
  await arrived.promise;
  const cut = await ground.server.call('POST', `/v1/pos-systems/${till.posSystemId}/disconnect`);
  expect(cut.status).toBe(200);
  edited.resolve();
  await eventually(async () => expect(await ground.connectionOf(till)).toMatchObject({ isRunning: false }));
  expect(pages).toBe(3);
  expect(await ground.bookedAt(till)).toEqual(['p-1', 'p-2']);
});

test('a till that is cut or paused is asked nothing more than what is under way, neither again nor further', async () => {
  const cuts = [
    { make: 'custom', stroke: 'disconnect', path: '/transactions', status: 503, body: {} },
    {
      make: 'clover',
      stroke: 'pause',
      path: '/orders',
      status: 200,
      body: { elements: [{ id: 'O1', modifiedTime: 1 }] },
    },
    { make: 'toast', stroke: 'disconnect', path: '/ordersBulk', status: 200, body: [] },
  ] as const;
  for (const { make, stroke, path, status, body } of cuts) {
    let isOpen = false;
    let seen: readonly URL[] = [];
    let atCut = 0;
    const { till, stub } = await ground.openTill(make, async ({ url, send }) => {
      if (!isOpen || !url.pathname.endsWith(path)) return false;
      isOpen = false;
      const cut = await ground.server.call('POST', `/v1/pos-systems/${till.posSystemId}/${stroke}`);
      expect(cut.status).toBe(200);
      atCut = seen.length;
      send(status, body);
      return true;
    });
    seen = stub.asked;
    isOpen = true;
    ground.server.clock.advance(60_000);
    await ground.server.database.rows(
      'update pos_connections set next_poll_at = clock_timestamp() where pos_system_id = $1',
      [till.posSystemId],
    );
    ground.server.pos.poller.wake();
    await eventually(async () => {
      expect(atCut).toBeGreaterThan(0);
      expect(await ground.connectionOf(till)).toMatchObject({ state: 'paused', isRunning: false, failure: null });
    });
    expect(stub.asked.slice(atCut).map(({ pathname }) => pathname)).toEqual([]);
  }
});
