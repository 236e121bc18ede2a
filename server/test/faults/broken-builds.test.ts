/**
 * A checker that never failed proves nothing. The same trouble, sales sent again and again over a wire that is cut, is
 * made for the real build and for builds that are broken on purpose: the checkers call the first good and the others bad.
 */
import { expect, test } from 'vitest';
import type { SaleLanes } from '../../src/domains/pos/sale-lanes.ts';
import { readHistory } from './history.ts';
import { type Commit, type Ground, good, ground, judge, sellUntilAnswered } from './trouble.ts';

const cutEvery = 20;

/** Long enough for the tills that were just answered to have sent their next sales. */
const silentMs = 10;

/** Every twentieth answer, PostgreSQL falls silent and the wire to it is cut, with sales under way. */
function sellOverBadWire(at: Ground, nodes: readonly SaleLanes[]): Promise<void> {
  return sellUntilAnswered(at, nodes, (answers) => {
    if (answers % cutEvery !== 0) return;
    at.wire.spoil({ silent: ['to client'] });
    setTimeout(() => {
      at.wire.cut();
      at.wire.heal();
    }, silentMs);
  });
}

test('the real build, one node: nothing is lost and nothing doubled', async () => {
  const at = await ground();
  await sellOverBadWire(at, [await at.openNode()]);
  expect(await judge(at)).toEqual(good);
  // The wire was really cut under commits, or the red ones below would prove little.
  expect(readHistory(at.history.path).filter(({ kind }) => kind === 'unknown')).not.toEqual([]);
});

test('the real build, every request with two nodes at once: nothing is lost and nothing doubled', async () => {
  const at = await ground();
  await sellOverBadWire(at, [await at.openNode(), await at.openNode()]);
  expect(await judge(at)).toEqual(good);
});

test('a build that answers before it commits loses what it answered, and the checkers say so', async () => {
  const at = await ground();
  const commits: Promise<unknown>[] = [];
  const answerFirst = (commit: Commit): Commit => {
    return async (sales) => {
      commits.push(commit(sales));
      return sales.map(() => ({ result: { externalId: null, version: 1, status: 'created' } }));
    };
  };
  await sellOverBadWire(at, [await at.openNode(answerFirst)]);
  await Promise.all(commits);
  const { sales, stock } = await judge(at);
  expect(sales.filter((violation) => violation.endsWith('was acknowledged and is not there'))).not.toEqual([]);
  expect(stock).not.toEqual([]);
});

test("a build without the sales' unique key and the shop's lock doubles them, and the checkers say so", async () => {
  const at = await ground();
  const { database } = at;
  // PostgreSQL looks for functions along the search path: the lock becomes one that locks nothing.
  await database.rows(`
    alter table pos_transactions drop constraint
      pos_transactions_once;
    create schema broken;
    create function broken.pg_advisory_xact_lock(bigint) returns void language sql as 'select';
    grant usage on schema broken to public;
    do $$ begin execute format('alter database %I set search_path = broken, pg_catalog, public', current_database()); end $$
  `);
  await sellOverBadWire(at, [await at.openNode(), await at.openNode()]);
  const { sales, stock } = await judge(at);
  expect(sales.filter((violation) => / is there \d+ times$/.test(violation))).not.toEqual([]);
  expect(stock.filter((violation) => violation.includes('opening less sold'))).not.toEqual([]);
});

test('a build that drops a movement now and then is out of balance, and the checker says so', async () => {
  const at = await ground();
  await at.database.rows(`
    create function drop_some() returns trigger language plpgsql as $$
      begin return case when hashtext(new.id::text) % 50 = 0 then null else new end; end $$;
    create trigger drop_some before insert on stock_movements for each row execute function drop_some()
  `);
  await sellOverBadWire(at, [await at.openNode()]);
  const { sales, stock } = await judge(at);
  expect(sales).toEqual([]);
  expect(stock.filter((violation) => violation.includes("the ledger's movements add up to"))).not.toEqual([]);
});
