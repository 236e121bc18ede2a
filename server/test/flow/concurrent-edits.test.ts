// Fifty editors on ten products, over HTTP, each with its own connection: what optimistic locking promises, checked on
// everything that they were told.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type HttpCaller, openCaller } from '../harness/http-caller.ts';
import { checkRegisters, type EditAttempt, type State } from '../harness/register-checker.ts';
import { startTestApp, type TestApp } from '../harness/test-app.ts';
import { report } from '../kill/proof-size.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

const writers = 50;
const editsEach = 200;
const products = 10;
/** Edits of one product before an editor goes on to the next, of which it then knows an old version. */
const staysFor = 20;

const edited = (product: State): State => ({ name: product['name'], price: product['price'], unit: product['unit'] });

/** What an editor last saw of a product, by an answer to itself, is what it edits. */
async function edit(caller: HttpCaller, writer: number, known: Map<string, number>): Promise<EditAttempt[]> {
  const attempts: EditAttempt[] = [];
  const ids = [...known.keys()];
  for (let turn = 0; turn < editsEach; turn++) {
    const key = ids[(writer + Math.floor(turn / staysFor)) % ids.length] ?? '';
    const expectedVersion = known.get(key) ?? 1;
    // Each edit changes one field of three, to a value of its own: a lost one shows, whichever field it was.
    const mark = writer * editsEach + turn;
    const changes = [{ name: `Name ${mark}` }, { price: mark / 100 }, { unit: `u${mark}` }][turn % 3] ?? {};
    const sentAt = performance.now();
    const answer = await caller.call(`PATCH /v1/products/${key}`, {
      body: changes,
      headers: { 'if-match': `"${expectedVersion}"` },
    });
    const answeredAt = performance.now();
    attempts.push({ key, sentAt, answeredAt, expectedVersion, changes, outcome: outcomeOf(answer) });
    known.set(key, Number(JSON.parse(String(answer.headers.etag))));
  }
  return attempts;
}

function outcomeOf({ status, body, headers }: Awaited<ReturnType<HttpCaller['call']>>): EditAttempt['outcome'] {
  if (status === 200) {
    expect(headers.etag).toBe(`"${body['version']}"`);
    return { kind: 'accepted', version: Number(body['version']) };
  }
  expect([status, body['code']]).toEqual([409, 'version.conflict']);
  const theirs = body['theirs'] as State;
  expect(theirs['version']).toBe(body['currentVersion']);
  return {
    kind: 'refused',
    currentVersion: Number(body['currentVersion']),
    theirs: edited(theirs),
    conflictId: String(body['conflictId']),
  };
}

test('50 writers make 200 edits each on 10 products: no edit is lost, no version skipped, each refusal written down once', async () => {
  const owner = openCaller(app.url, app.ownerKey);
  const initial = new Map<string, { version: number; state: State }>();
  for (let index = 0; index < products; index++) {
    const { body } = await owner.call('POST /v1/products', { body: { sku: `P-${index}`, name: 'Before', price: 1 } });
    initial.set(String(body['id']), { version: Number(body['version']), state: edited(body) });
  }
  const callers = Array.from({ length: writers }, () => openCaller(app.url, app.ownerKey));
  const startedAt = performance.now();
  const histories = await Promise.all(
    callers.map((caller, writer) => edit(caller, writer, new Map([...initial.keys()].map((id) => [id, 1])))),
  );
  const attempts = histories.flat();
  const seconds = (performance.now() - startedAt) / 1_000;

  const final = new Map<string, { version: number; state: State }>();
  for (const id of initial.keys()) {
    const { body } = await owner.call(`GET /v1/products/${id}`);
    final.set(id, { version: Number(body['version']), state: edited(body) });
  }
  for (const caller of [owner, ...callers]) caller.close();
  const rows = await app.rows<{ id: string; entity_id: string; expected_version: number; source_data: State }>(
    'select * from sync_conflicts',
  );
  const conflicts = rows.map(({ id, entity_id: key, expected_version: expectedVersion, source_data: mine }) => ({
    id,
    key,
    expectedVersion,
    mine,
  }));

  expect(checkRegisters({ initial, attempts, final, conflicts })).toEqual([]);
  expect(attempts).toHaveLength(writers * editsEach);
  // Both ways must really have been gone, or nothing was tried.
  const refused = attempts.filter(({ outcome }) => outcome.kind === 'refused').length;
  report(
    `${attempts.length} edits of ${products} products by ${writers} editors, ${refused} refused, ${seconds.toFixed(1)} s`,
  );
  expect(Math.min(refused, attempts.length - refused)).toBeGreaterThan(attempts.length / 20);
}, 300_000);
