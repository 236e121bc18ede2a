/**
 * The operator's command at real size: sales of months by a process for each shop, beside a running server, killed again
 * and again in the middle with everything else. What the books say afterwards is what the files say, to the cent.
 */
import { randomFor } from '@tillstream/simulators';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkConservation, checkRevenue, checkSetFull } from '../faults/checkers.ts';
import type { KillableServer, Victim } from '../faults/kill-driver.ts';
import { type BookedMovement, checkMovements } from '../faults/movement-checker.ts';
import { type ReadRows, storedFigures } from '../flow/books.ts';
import { hasMavenData } from '../flow/day-of-sales.ts';
import { expectedBooks, keyOf } from '../flow/expected-books.ts';
import { type StandingDay, standUp } from '../flow/stand-up.ts';
import { withRowsOnDisk } from './brand-on-disk.ts';
import { type ImportsUnderKills, importUnderKills } from './import-under-kills.ts';
import { openKillGround } from './kill-ground.ts';
import { isFullProof, report } from './proof-size.ts';
import { type SalesFiles, writeGeneratedFiles, writeMavenFiles } from './sales-files.ts';

const lastDate = isFullProof ? '2023-06-30' : '2023-01-20';
const ten = (victim: Victim) => Array.from({ length: 10 }, () => victim);
const both: readonly Victim[] = ['node', 'node and postgres'];
const plans: readonly { readonly title: string; readonly victims: readonly Victim[] }[] = isFullProof
  ? [
      { title: 'no kill', victims: [] },
      ...both.map((victim) => ({ title: `ten kills of ${victim}`, victims: ten(victim) })),
    ]
  : [{ title: 'three kills of node, three of node and postgres, in turn', victims: [...both, ...both, ...both] }];
// Half a minute on two idle cores; build machines are shared.
const proofMsMax = isFullProof ? 3_600_000 : 900_000;

let dataDir: string;
let server: KillableServer;
let ownerKey: string;

beforeEach(async () => {
  const ground = await openKillGround();
  ({ dataDir, server, ownerKey } = ground);
  return ground.remove;
});

afterEach(() => server.stop());

/** Opens the shops, imports everything under kills, and stops the server. */
async function importAll(files: SalesFiles, victims: readonly Victim[]) {
  const random = randomFor('import under kills', files.day.title);
  const standing = await standUp({ url: server.url, ownerKey }, files.day, random);
  const imports = standing.shops.map((shop) => ({ shop, path: files.paths.get(shop.shopId) ?? '' }));
  const startedAt = performance.now();
  const outcome = await importUnderKills(server, imports, { victims, random });
  const seconds = (performance.now() - startedAt) / 1_000;
  await server.stop();
  return { standing, outcome, seconds };
}

/** A doubled movement shows in the sums too; here it shows which one it was, and two that make up for each other do. */
async function movementViolations(rows: ReadRows): Promise<string[]> {
  const told = await rows<{ sale: string; lines: { productId: string | null; quantity: number }[] }>(
    `select entity_id as sale, change_data -> 'lines' as lines from sync_events
     where event_type = 'pos.transaction' order by seq`,
  );
  const booked = await rows<BookedMovement>(
    `select reference_id as sale, product_id as "productId", (quantity * 1000)::float8 as quantity
     from stock_movements where movement_type = 'sale'`,
  );
  const inThousandths = told.map(({ sale, lines }) => ({
    sale,
    lines: lines.map(({ productId, quantity }) => ({ productId, quantity: Math.round(quantity * 1_000) })),
  }));
  return checkMovements(inThousandths, booked);
}

/** Compares what is stored with what the files say; every list is empty when the books are exact. */
async function violationsOf(rows: ReadRows, files: SalesFiles, standing: StandingDay) {
  const { shops, opening } = standing;
  const expected = expectedBooks(files.day.sales);
  const shopOf = new Map(shops.map(({ locationId, shopId }) => [locationId, shopId]));
  const sales = await rows<{ location: string; id: string; at: Date }>(
    'select location_id as location, external_transaction_id as id, transaction_timestamp as at from pos_transactions',
  );
  const keyOfSale = (sale: { location: string; id: string }) => keyOf(shopOf.get(sale.location) ?? '', sale.id);
  const { revenue, stock, ledger } = await storedFigures(rows, shops);
  return {
    sales: checkSetFull({
      acknowledged: expected.finals.keys(),
      present: sales.map(keyOfSale),
    }),
    // The files of Maven say what the clock on the wall showed.
    times: sales.filter((sale) => expected.finals.get(keyOfSale(sale))?.occurredAt !== sale.at.toISOString()),
    revenue: checkRevenue(expected.revenue, revenue),
    stock: checkConservation({ opening, sold: expected.sold, stock, ledger }),
    movements: await movementViolations(rows),
    doubledEvents: await rows(
      `select entity_id from sync_events where event_type = 'pos.transaction'
       group by entity_id, operation having operation = 'INSERT' and count(*) > 1`,
    ),
    untoldSales: await rows(
      `select id from pos_transactions s where not exists (select from sync_events e
         where e.scope_id = s.location_id and e.entity_id = s.id and e.event_type = 'pos.transaction')`,
    ),
    refused: await rows('select code, detail from sync_errors'),
    checkpoints: await rows('select * from import_checkpoints'),
  };
}

const exact = {
  sales: [],
  times: [],
  revenue: [],
  stock: [],
  movements: [],
  doubledEvents: [],
  untoldSales: [],
  refused: [],
  checkpoints: [],
};

/** What the imports themselves said at their end, by shop. */
function bookedBy({ last }: ImportsUnderKills): string[] {
  return last.map((run) => /in the books of this till now: ([\d,]+ sales, [\d.]+ USD)/.exec(run.said())?.[1] ?? '');
}

const controlTotals = ['50,599 sales, 232243.91 USD', '47,782 sales, 230057.25 USD', '50,735 sales, 236511.17 USD'];

const manySeeds = ['1', '2', '3', '4', '5', '6'];

describe.each(
  hasMavenData
    ? [{ title: 'CSV of the Maven shops', write: () => writeMavenFiles(dataDir, '2023-01-01', lastDate) }]
    : [{ title: 'NDJSON in place of the absent Maven data', write: () => writeGeneratedFiles(dataDir, manySeeds) }],
)('$title', ({ write }) => {
  test.each(plans)(
    '$title: the books are what the files say',
    async ({ title, victims }) => {
      const files = write();
      const { standing, outcome, seconds } = await importAll(files, victims);
      const { sales } = files.day;
      report(
        `${title}: ${sales.length} sales in ${seconds.toFixed(1)} s (${Math.round(sales.length / seconds)}/s), ` +
          `${outcome.resumed} imports went on where they were`,
      );
      expect(outcome.kills).toBe(victims.length);
      if (victims.length > 0) expect(outcome.resumed).toBeGreaterThan(0);
      expect(await withRowsOnDisk(dataDir, (rows) => violationsOf(rows, files, standing))).toEqual(exact);
      if (hasMavenData && isFullProof) expect(bookedBy(outcome)).toEqual(controlTotals);
    },
    proofMsMax,
  );
});
