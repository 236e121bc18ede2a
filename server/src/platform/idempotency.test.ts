import { randomBytes } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { ManualClock } from '../../test/harness/manual-clock.ts';
import { stressService } from '../../test/harness/stress-service.ts';
import { openTestDatabase, type TestDatabase } from '../../test/harness/test-database.ts';
import { type Actor, backgroundActor } from './actor.ts';
import { Database, type Tx } from './database.ts';
import { createHealth } from './health.ts';
import { keepDespiteRefusal } from './held-transaction.ts';
import { createHttp, createHttpService, type HttpService } from './http.ts';
import { serverUnavailable, unstorableText } from './http-errors.ts';
import { acceptIdempotencyKeys } from './idempotency.ts';
import { createAnswerSweeper } from './idempotency-records.ts';
import { createLogger } from './logger.ts';
import { createMetrics } from './metrics.ts';
import { createSecrets } from './secrets.ts';

let database: TestDatabase;
let node: HttpService;
let otherNode: HttpService;
let otherPool: Database;
const clock = new ManualClock('2026-03-02T09:00:00.000Z');
const secrets = createSecrets([randomBytes(32)]);

/** Opened by a test to let the handler of /gated go on; `entered` when it has begun. */
let gate = Promise.withResolvers<void>();
let entered = Promise.withResolvers<void>();

beforeAll(async () => {
  database = await openTestDatabase({ connectionsMax: 4 });
  otherPool = new Database({ url: database.url, connectionsMax: 4 });
  [node, otherNode] = await Promise.all([startNode(database.db), startNode(otherPool)]);
});
afterAll(async () => {
  await Promise.all([node.stop(), otherNode.stop()]);
  await otherPool.close();
  await database.close();
});
beforeEach(async () => {
  await database.rows('delete from follower_positions');
  [gate, entered] = [Promise.withResolvers(), Promise.withResolvers()];
});

const body = z.strictObject({ name: z.string(), amount: z.number().exactOptional() });

/** A small server: who sends is a header, what each route does is one row. */
async function startNode(db: Database): Promise<HttpService> {
  const app = await createHttp({
    logger: createLogger({ level: 'silent' }),
    metrics: createMetrics(),
    health: createHealth(() => undefined),
  });
  const actorOf = ({ headers }: { headers: Record<string, unknown> }): Actor =>
    backgroundActor(String(headers['x-actor'] ?? 'ada'));
  acceptIdempotencyKeys(app, { db, clock, secrets, actorOf });
  const add = (actor: Actor, name: string) =>
    db.transaction(actor, async (tx: Tx) => {
      await sql`insert into follower_positions (follower, position) values (${`${name} ${randomBytes(4).toString('hex')}`}, '{}')`.execute(
        tx,
      );
    });
  app.post('/things', { schema: { body } }, async (request, reply) => {
    await add(actorOf(request), request.body.name);
    const secret = `secret ${randomBytes(8).toString('hex')}`;
    return reply.code(201).headers({ etag: '"1"', location: '/things/1' }).send({ secret });
  });
  app.put('/things', { schema: { body } }, async (request) => {
    await add(actorOf(request), request.body.name);
    return { put: true };
  });
  app.delete('/things/:name', { schema: { params: z.object({ name: z.string() }) } }, async (request, reply) => {
    await add(actorOf(request), request.params.name);
    return reply.code(204).send();
  });
  app.get('/things', async (request) => {
    await add(actorOf(request), 'read');
    return {};
  });
  app.post('/gated', { schema: { body } }, async (request) => {
    await add(actorOf(request), request.body.name);
    entered.resolve();
    await gate.promise;
    return { done: true };
  });
  app.post('/refused', { schema: { body } }, async (request) => {
    await add(actorOf(request), request.body.name);
    throw unstorableText('Not this.');
  });
  app.post('/refused-and-noted', { schema: { body } }, async (request) => {
    await add(actorOf(request), request.body.name);
    keepDespiteRefusal();
    throw unstorableText('Not this, and it is noted.');
  });
  app.post('/broken', { schema: { body } }, async (request) => {
    await add(actorOf(request), request.body.name);
    keepDespiteRefusal();
    throw new Error('A mistake of ours');
  });
  app.post('/away', { schema: { body } }, async (request) => {
    await add(actorOf(request), request.body.name);
    throw serverUnavailable('Not now.');
  });
  app.post('/cut-off', { schema: { body } }, async (request) => {
    await add(actorOf(request), request.body.name);
    if (request.body.amount !== undefined) return { confirmed: true };
    const backend = await db.transaction(actorOf(request), async (tx) => {
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx);
      return rows[0]?.pid;
    });
    await database.rows('select pg_terminate_backend($1)', [backend]);
    if (request.body.name === 'cut in the middle') await add(actorOf(request), request.body.name);
    return { confirmed: true };
  });
  app.post('/as-another', { schema: { body } }, async (request) => {
    await add(backgroundActor('another'), request.body.name);
    return {};
  });
  app.post('/repeatable', { schema: { body }, config: { idempotency: 'repeatable' } }, async (request) => {
    await add(backgroundActor('another'), request.body.name);
    return { drawn: randomBytes(4).toString('hex') };
  });
  app.post('/natural', { schema: { body }, config: { idempotency: 'natural' } }, async (request) => {
    await add(actorOf(request), request.body.name);
    return {};
  });
  const service = createHttpService(app, { host: '127.0.0.1', port: 0, stopTimeoutMs: 5_000 });
  await service.start();
  return service;
}

interface Sent {
  readonly key?: string;
  readonly body?: unknown;
  readonly actor?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly on?: HttpService;
}

async function send(what: string, { key, body: sent, actor, headers = {}, on = node }: Sent = {}) {
  const [method = '', path = ''] = what.split(' ');
  const response = await fetch(on.url() + path, {
    method,
    headers: {
      ...(sent === undefined ? {} : { 'content-type': 'application/json' }),
      ...(key === undefined ? {} : { 'idempotency-key': key }),
      ...(actor === undefined ? {} : { 'x-actor': actor }),
      ...headers,
    },
    ...(sent === undefined ? {} : { body: typeof sent === 'string' ? sent : JSON.stringify(sent) }),
  });
  const text = await response.text();
  const { status } = response;
  const replayed = response.headers.get('idempotency-replayed');
  const code = status >= 400 ? String(JSON.parse(text).code) : null;
  return { status, text, replayed, code, headers: response.headers };
}

/** How often a thing was done. */
async function times(name: string): Promise<number> {
  const rows = await database.rows(`select from follower_positions where follower like $1 || ' %'`, [name]);
  return rows.length;
}

const kept = () => database.rows<{ body: Buffer | null }>('select * from idempotency_keys order by created_at');

describe('a request that is sent again with its key', () => {
  test('does nothing, and is answered as before: status, body and headers', async () => {
    const first = await send('POST /things', { key: 'a', body: { name: 'cup' } });
    const again = await send('POST /things', { key: 'a', body: { name: 'cup' } });
    expect([first.status, first.replayed]).toEqual([201, null]);
    expect([again.status, again.replayed, again.text]).toEqual([201, 'true', first.text]);
    for (const name of ['content-type', 'etag', 'location']) {
      expect(again.headers.get(name), name).toBe(first.headers.get(name));
    }
    expect(await times('cup')).toBe(1);
  });

  test('is the same whatever its spacing, on another node too, and without a body', async () => {
    const first = await send('POST /things', { key: 'b', body: '{"name":"jug","amount":1}' });
    const again = await send('POST /things', { key: 'b', body: '{ "name": "jug", "amount": 1.0 }', on: otherNode });
    expect([again.replayed, again.text]).toEqual(['true', first.text]);
    for (const replayed of [null, 'true']) {
      expect(await send('DELETE /things/mug', { key: 'c' })).toMatchObject({ status: 204, text: '', replayed });
    }
    expect([await times('jug'), await times('mug')]).toEqual([1, 1]);
  });

  test('with other content is refused: body, address, method or If-Match', async () => {
    await send('POST /things', { key: 'd', body: { name: 'pan' }, headers: { 'if-match': '"1"' } });
    const others: [string, Sent][] = [
      ['POST /things', { body: { name: 'pot' }, headers: { 'if-match': '"1"' } }],
      ['POST /things?x=1', { body: { name: 'pan' }, headers: { 'if-match': '"1"' } }],
      ['PUT /things', { body: { name: 'pan' }, headers: { 'if-match': '"1"' } }],
      ['POST /things', { body: { name: 'pan' }, headers: { 'if-match': '"2"' } }],
      ['POST /repeatable', { body: { name: 'pan' } }],
    ];
    for (const [what, sent] of others) {
      expect(await send(what, { ...sent, key: 'd' }), what).toMatchObject({
        status: 422,
        code: 'idempotency.key_reused',
      });
    }
    expect([await times('pan'), await times('pot')]).toEqual([1, 0]);
  });

  test('by somebody else is another one', async () => {
    for (const actor of ['ada', 'bob']) {
      expect((await send('POST /things', { key: 'e', body: { name: 'fork' }, actor })).replayed).toBe(null);
    }
    expect(await times('fork')).toBe(2);
  });

  test('a day later is a new one', async () => {
    const sent = { key: 'f', body: { name: 'lamp' } };
    await send('POST /things', sent);
    clock.advance(24 * 3_600_000 - 1);
    expect((await send('POST /things', sent)).replayed).toBe('true');
    clock.advance(1);
    expect((await send('POST /things', sent)).replayed).toBe(null);
    expect((await send('POST /things', sent)).replayed).toBe('true');
    expect(await times('lamp')).toBe(2);
  });
});

describe('keys', () => {
  test('are 1 to 255 printable characters', async () => {
    const wrong = ['x'.repeat(256), 'caf\u00e9', 'tab\tinside'];
    for (const key of wrong) {
      const answer = await send('POST /things', { key, body: { name: 'key' } });
      expect([answer.status, answer.code], key).toEqual([422, 'idempotency.invalid_key']);
    }
    expect((await send('POST /things', { key: 'x'.repeat(255), body: { name: 'key' } })).status).toBe(201);
    expect(await times('key')).toBe(1);
  });

  test('mean nothing to what only reads, and on a route whose content is its key', async () => {
    await send('GET /things', { key: 'g' });
    expect((await send('GET /things', { key: 'g' })).replayed).toBe(null);
    await send('POST /natural', { key: 'g', body: { name: 'sale' } });
    expect((await send('POST /natural', { key: 'g', body: { name: 'sale' } })).replayed).toBe(null);
    expect([await times('read'), await times('sale')]).toEqual([2, 2]);
  });

  test('leave nothing readable in the database, and an answer opens in its own row alone', async () => {
    const { text } = await send('POST /things', { key: 'h', body: { name: 'safe' } });
    await send('POST /things', { key: 'i', body: { name: 'safe' } });
    const everything = JSON.stringify(await kept());
    const bodies = (await kept()).map((row) => row.body?.toString('latin1') ?? '');
    expect(bodies.some((body) => body.includes('secret'))).toBe(false);
    expect(everything).not.toContain(String(JSON.parse(text).secret));
    await database.rows(
      `update idempotency_keys set body = (select body from idempotency_keys where key = 'h') where key = 'i'`,
    );
    const moved = await send('POST /things', { key: 'i', body: { name: 'safe' } });
    expect([moved.status, moved.code]).toEqual([500, 'server.internal']);
  });
});

describe('refusals and failures', () => {
  test.each(['refused', 'broken', 'away'])('/%s changes nothing and is judged anew', async (route) => {
    const answers = [];
    for (const _ of [1, 2]) answers.push(await send(`POST /${route}`, { key: route, body: { name: route } }));
    expect(answers.map(({ replayed }) => replayed)).toEqual([null, null]);
    expect(new Set(answers.map(({ status }) => status)).size).toBe(1);
    expect(await times(route)).toBe(0);
  });

  test('a refusal that wrote something on purpose is kept with it', async () => {
    const sent = { key: 'noted', body: { name: 'note' } };
    const first = await send('POST /refused-and-noted', sent);
    const again = await send('POST /refused-and-noted', sent);
    expect([first.status, again.status, again.replayed, again.text]).toEqual([422, 422, 'true', first.text]);
    expect(again.headers.get('content-type')).toContain('application/problem+json');
    expect(await times('note')).toBe(1);
  });

  test('what a schema refuses leaves the key free', async () => {
    expect((await send('POST /things', { key: 'j', body: { nome: 'x' } })).status).toBe(422);
    expect((await send('POST /things', { key: 'j', body: { name: 'x' } })).status).toBe(201);
  });

  test('a handler that works as another actor must be repeatable, and is told so by a failure that changes nothing', async () => {
    expect((await send('POST /as-another', { key: 'k', body: { name: 'other' } })).status).toBe(500);
    expect((await send('POST /as-another', { body: { name: 'other' } })).status).toBe(200);
    expect(await times('other')).toBe(1);
    const answers = [];
    for (const _ of [1, 2]) answers.push(await send('POST /repeatable', { key: 'l', body: { name: 'same' } }));
    expect(answers.map(({ status, replayed }) => [status, replayed])).toEqual([
      [200, null],
      [200, 'true'],
    ]);
    expect(answers[1]?.text).toBe(answers[0]?.text);
    expect(await times('same')).toBe(1);
  });
});

describe('a key in flight', () => {
  test.each(['the same node', 'another node'])('is refused on %s until the first is answered', async (where) => {
    const on = where === 'another node' ? otherNode : node;
    const sent = { key: where, body: { name: where } };
    const first = send('POST /gated', sent);
    await entered.promise;
    const second = await send('POST /gated', { ...sent, on });
    expect([second.status, second.code]).toEqual([409, 'idempotency.in_flight']);
    expect(second.headers.get('retry-after')).toBe('1');
    gate.resolve();
    expect((await first).status).toBe(200);
    expect((await send('POST /gated', { ...sent, on })).replayed).toBe('true');
    expect(await times(where)).toBe(1);
  });

  test('50 at once, each sent again until it is answered: one effect, 50 times the same answer', async () => {
    const until = async (index: number) => {
      for (;;) {
        const on = index % 2 === 0 ? node : otherNode;
        const answer = await send('POST /things', { key: 'rush', body: { name: 'rush' }, on });
        if (answer.status !== 409) return answer;
        expect(answer.code).toBe('idempotency.in_flight');
      }
    };
    const answers = await Promise.all(Array.from({ length: 50 }, (_, index) => until(index)));
    expect(answers.filter(({ replayed }) => replayed === null)).toHaveLength(1);
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect(await times('rush')).toBe(1);
  });

  test('is carried out although the client has gone, and answered when it asks again', async () => {
    const sent = { key: 'gone', body: { name: 'gone' } };
    const left = Promise.withResolvers<void>();
    const leaving = httpRequest(`${node.url()}/gated`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': sent.key },
    });
    leaving.on('error', () => left.resolve());
    leaving.end(JSON.stringify(sent.body));
    await entered.promise;
    leaving.destroy(new Error('The client leaves'));
    await left.promise;
    gate.resolve();
    let again = await send('POST /gated', sent);
    while (again.status === 409) again = await send('POST /gated', sent);
    expect([again.status, again.replayed, await times('gone')]).toEqual([200, 'true', 1]);
  });
});

test('a connection lost before the commit is a 503 that changed nothing, and the same key then does it', async () => {
  const sent = { key: 'cut', body: { name: 'cut' } };
  const first = await send('POST /cut-off', sent);
  expect([first.status, first.code]).toEqual([503, 'idempotency.not_confirmed']);
  expect(first.headers.get('retry-after')).toBe('1');
  expect(await times('cut')).toBe(0);
  const again = await send('POST /cut-off', { ...sent, body: { name: 'cut', amount: 1 } });
  expect([again.status, again.replayed, await times('cut')]).toEqual([200, null, 1]);
  const middle = await send('POST /cut-off', { key: 'cut in the middle', body: { name: 'cut in the middle' } });
  expect([middle.status, middle.code, await times('cut in the middle')]).toEqual([503, 'server.database_lost', 0]);
});

test('the sweeper removes what is older than a day and nothing else, and stops when told', async () => {
  const create = () => createAnswerSweeper({ db: database.db, clock, onError: (error) => expect.fail(String(error)) });
  await database.rows('delete from idempotency_keys');
  const insert = `insert into idempotency_keys (actor_id, key, fingerprint, status, headers, created_at)
    select 'ada', n::text, '', 200, '{}', $1 from generate_series($2::int, $3::int) n`;
  const now = clock.now().getTime();
  await database.rows(insert, [new Date(now - 24 * 3_600_000).toISOString(), 1, 2_500]);
  await database.rows(insert, [new Date(now - 24 * 3_600_000 + 1).toISOString(), 2_501, 2_502]);
  const sweeper = create();
  await sweeper.start();
  await sweeper.stop();
  // A stop ends the run after the statement that it is in; the next one goes on.
  while ((await kept()).length > 2) {
    const next = create();
    await next.start();
    await next.stop();
  }
  expect(await kept()).toHaveLength(2);
  await stressService({ create });
});
