/**
 * What PostgreSQL asks to be done again is done again: serialization failures and deadlocks reach nobody. And where one
 * build locks in a fixed order and another does not, only the other one deadlocks.
 */
import { randomFor } from '@tillstream/simulators';
import pg from 'pg';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/platform/clock.ts';
import { openShop } from '../factories/brand.ts';
import { installTill, saleOf, waitingAt } from '../factories/till.ts';
import { readHistory } from './history.ts';
import { good, ground, judge, sellUntilAnswered } from './trouble.ts';

test.each([
  ['a serialization failure', '40001'],
  ['a deadlock', '40P01'],
])('one commit in five ends with %s: no till hears of it, nothing is lost, nothing doubled', async (_, code) => {
  const at = await ground();
  // Deferred: it strikes at the commit, when all the work is done. Every fifth attempt, counted where no rollback reaches: by
  // chance one commit in some thousands would fail as often as it is tried.
  await at.database.rows(`
    create sequence attempts;
    create function fail_some() returns trigger language plpgsql security definer as $$ begin
      if coalesce(current_setting('fail.attempt', true), '') = '' then
        perform set_config('fail.attempt', nextval('attempts')::text, true);
      end if;
      if current_setting('fail.attempt')::bigint % 5 = 0 then raise exception 'injected' using errcode = '${code}'; end if;
      return null;
    end $$;
    create constraint trigger fail_some after insert on pos_transactions deferrable initially deferred
      for each row execute function fail_some()
  `);
  await sellUntilAnswered(at, [await at.openNode()], () => undefined);
  expect(await judge(at)).toEqual(good);
  const lines = readHistory(at.history.path);
  expect(lines.filter(({ kind }) => kind === 'unknown' || kind === 'fail')).toEqual([]);
  const [rolledBack] = await at.database.rows<{ failures: number }>(
    'select xact_rollback::int as failures from pg_stat_database where datname = current_database()',
  );
  expect(rolledBack?.failures).toBeGreaterThan(0);
});

const shopsCount = 12;
const rounds = 60;

const random = randomFor('any order');

function shuffled(count: number): number[] {
  const keyed = Array.from({ length: count }, (_, n) => ({ n, key: random.unit() }));
  return keyed.sort((a, b) => a.key - b.key).map(({ n }) => n);
}

test('commits over the same shops and items in any order do not deadlock; unordered ones do', async () => {
  const at = await ground();
  const { database } = at;
  const tills = [at.till];
  for (let n = 1; n < shopsCount; n++) tills.push(await installTill(database, await openShop(database, at.brand)));
  const nodes = [await at.openNode(), await at.openNode()];
  await Promise.all(
    nodes.map(async (node, nodeNumber) => {
      for (let round = 0; round < rounds; round++) {
        const orders = shuffled(shopsCount);
        const sales = orders.flatMap((n) => {
          const till = tills[n];
          const quantities = (round + n) % 2 === 0 ? { tea: 1, cake: 1 } : { cake: 1, tea: 1 };
          const sale = saleOf(quantities, { externalId: `${nodeNumber}-${round}-${n}` });
          return till ? [waitingAt(till, sale, systemClock.now())] : [];
        });
        const results = await node.enqueue(sales);
        expect(results.map(({ status }) => status)).toEqual(sales.map(() => 'created'));
      }
    }),
  );
  await at.closeNodes();
  expect(await deadlocksOf(at.database.ownerUrl)).toBe(0);

  // The same rows, one after the other in the order in which they come: what the locks are for.
  const items = await database.rows<{ location_id: string; id: string }>('select location_id, id from inventory_items');
  let deadlocks = 0;
  for (let round = 0; deadlocks === 0 && round < 50; round++) {
    const clients = await Promise.all(
      [0, 1, 2, 3].map(async () => {
        const client = new pg.Client({ connectionString: at.database.ownerUrl });
        await client.connect();
        return { client, order: shuffled(items.length) };
      }),
    );
    const outcomes = await Promise.allSettled(
      clients.map(async ({ client, order }) => {
        await client.query('begin');
        for (const n of order) {
          const key = [items[n]?.location_id, items[n]?.id];
          await client.query('update inventory_items set updated_at = now() where location_id = $1 and id = $2', key);
        }
        await client.query('commit');
      }),
    );
    deadlocks += outcomes.filter(
      (outcome) => outcome.status === 'rejected' && (outcome.reason as { code?: string }).code === '40P01',
    ).length;
    await Promise.all(clients.map(({ client }) => client.end()));
  }
  expect(deadlocks).toBeGreaterThan(0);
});

/** Counted by PostgreSQL itself, over all sessions that have ended or been idle. */
async function deadlocksOf(ownerUrl: string): Promise<number> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  const { rows } = await client.query(
    'select deadlocks::int as deadlocks from pg_stat_database where datname = current_database()',
  );
  await client.end();
  return rows[0].deadlocks;
}
