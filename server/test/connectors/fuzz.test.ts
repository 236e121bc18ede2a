/**
 * Documents that vendors never should have sent, two thousand a make here and ten thousand with FULL_PROOFS=on: nothing
 * crashes, nothing is booked by half, and whatever is refused is kept with a reason.
 */
import { randomFor } from '@tillstream/simulators';
import type { SimulatedTills } from '@tillstream/simulators/vendors';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bookDocuments } from '../../src/domains/pos/connectors/book-documents.ts';
import type { TranslationFacts, VendorDocument } from '../../src/domains/pos/connectors/connector.ts';
import { createIngestParts } from '../../src/domains/pos/ingest-sales.ts';
import { parseSale } from '../../src/domains/pos/parse-sale.ts';
import { createSaleLanes } from '../../src/domains/pos/sale-lanes.ts';
import { add, decimal, plain, subtract, sum } from '../../src/platform/decimal.ts';
import { createMetrics } from '../../src/platform/metrics.ts';
import { foundBrand, openShop } from '../factories/brand.ts';
import { bookingOn, installTill } from '../factories/till.ts';
import { ManualClock } from '../harness/manual-clock.ts';
import { openTestDatabase, type TestDatabase } from '../harness/test-database.ts';
import { isFullProof } from '../kill/proof-size.ts';
import { clover } from './clover.ts';
import { custom } from './custom.ts';
import { mutate } from './mutate.ts';
import { Player } from './player.ts';
import { square } from './square.ts';
import { toast } from './toast.ts';
import { type Make, minute, noon, standUp } from './vendor-ground.ts';

const mutants = isFullProof ? 10_000 : 2_000;
const bookedMutants = isFullProof ? 10_000 : 150;
const timeout = isFullProof ? 900_000 : 60_000;

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());

/** A few dozen documents of everything that a till can do. */
async function sample<Tills extends SimulatedTills, Switches>(make: Make<Tills, Switches>) {
  const { clock, tills, booksOf } = await standUp(make);
  try {
    const player = new Player(tills, randomFor('fuzz', make.connector.type), true);
    for (let step = 0; step < 80; step++) {
      player.act('shop-1');
      clock.advance(minute);
    }
    player.settle();
    clock.advance(minute);
    const { connection, shop } = await booksOf('shop-1');
    const documents: VendorDocument[] = [];
    const window = { from: new Date(noon - minute), to: new Date(clock.now()) };
    for await (const page of make.connector.fetchChanges(connection, window, null)) documents.push(...page.documents);
    const { settings } = connection;
    const facts: TranslationFacts = {
      ...{ shop, settings, arrivedAt: new Date(clock.now()) },
      catalogue: () => null,
      refundsOf: () => [],
    };
    return { documents, facts };
  } finally {
    await tills.close();
  }
}

function* mutantsOf(make: string, documents: readonly VendorDocument[], count: number): Generator<VendorDocument> {
  const random = randomFor('mutants', make);
  for (let n = 0; n < count; n++) {
    const { reference, bytes } = documents[n % documents.length] as VendorDocument;
    yield { reference, bytes: mutate(bytes, random) };
  }
}

/** That a booked sale is whole: its total is the sum of its parts and its discrepancy. */
function expectWhole(bytes: Buffer, now: Date): 'booked' | 'refused' {
  const parsed = parseSale(bytes, { currency: 'USD', now });
  if (!parsed.ok) {
    expect(parsed.refusal.code).toMatch(/^pos\./);
    expect(parsed.refusal.detail).not.toBe('');
    return 'refused';
  }
  const { sale } = parsed;
  const part = (key: string) => decimal(String(sale.breakdown?.[key] ?? 0));
  const parts = ['serviceCharge', 'tax', 'tip', 'adjustment'].map(part);
  const lines = sale.lines.map((line) => decimal(line.totalPrice));
  const whole = add(subtract(sum([...lines, ...parts]), part('discount')), decimal(sale.discrepancy));
  expect(plain(whole)).toBe(sale.total);
  return 'booked';
}

const makes = [
  ['square', () => sample(square)],
  ['clover', () => sample(clover)],
  ['toast', () => sample(toast)],
  ['custom', () => sample(custom)],
] as const;
const connectorOf = { square, clover, toast, custom };

describe.each(makes)('%s', (name, take) => {
  const { connector } = connectorOf[name];

  test('a mutated document becomes whole sales, a reason, or a refusal', { timeout }, async () => {
    const { documents, facts } = await take();
    expect(documents.length).toBeGreaterThan(20);
    const counts = { booked: 0, refused: 0, untranslatable: 0, leftOut: 0 };
    for (const mutant of mutantsOf(name, documents, mutants)) {
      const { sales, refusals, leftOut } = connector.translate(mutant, facts);
      expect(sales.length + refusals.length + leftOut.length).toBeGreaterThan(0);
      // All or nothing.
      if (refusals.length > 0) expect(sales).toEqual([]);
      for (const { detail } of refusals) expect(detail).not.toBe('');
      counts.untranslatable += refusals.length;
      counts.leftOut += leftOut.length;
      for (const { bytes } of sales) counts[expectWhole(bytes, facts.arrivedAt)]++;
    }
    // Not so wild that nothing is booked, nor so tame that nothing is refused.
    expect(Math.min(counts.booked, counts.untranslatable)).toBeGreaterThan(mutants / 20);
  });

  test('what is refused waits as its bytes, with its reason, and nothing else is lost', { timeout }, async () => {
    const { documents, facts } = await take();
    const clock = new ManualClock(facts.arrivedAt);
    const till = await installTill(database, await openShop(database, await foundBrand(database), { firm: true }));
    const lanes = createSaleLanes({ commit: bookingOn(database, clock).commit });
    await lanes.start();
    const parts = { db: database.db, clock, ingest: createIngestParts(lanes, createMetrics()) };
    const system = { ...till, currency: 'USD', timeZone: facts.shop.timeZone, closingHour: facts.shop.closingHour };
    const fetched = { connector, system, settings: facts.settings, performedBy: 'system:test' };
    const mutated = [...mutantsOf(`${name} booked`, documents, bookedMutants)];
    const booked = await bookDocuments(parts, { ...fetched, documents: mutated });
    expect(booked.rejected).toBeGreaterThan(0);
    const [kept] = await database.rows<{ kept: string; reasons: string }>(
      `select sum(occurrences) as kept, count(*) filter (where detail <> '' and code like 'pos.%') as reasons
       from sync_errors where location_id = $1`,
      [till.locationId],
    );
    expect(Number(kept?.kept)).toBe(booked.rejected);
    const [rows] = await database.rows<{ sales: string; halves: string }>(
      `select count(*) as sales, count(*) filter (where sale.total_amount <> 0 and sale.breakdown is null) as halves
       from pos_transactions as sale where location_id = $1`,
      [till.locationId],
    );
    expect(Number(rows?.sales)).toBe(booked.created);
    expect(Number(rows?.halves)).toBe(0);
    // Read once more, nothing is booked twice. Each document once a round: of two mutants of one order the vendor would be
    // saying two things by turns, and what it says last counts.
    for (let from = 0; from < mutated.length; from += documents.length) {
      const round = mutated.slice(from, from + documents.length);
      await bookDocuments(parts, { ...fetched, documents: round });
      expect((await bookDocuments(parts, { ...fetched, documents: round })).created).toBe(0);
    }
    await lanes.stop();
  });
});
