/**
 * Requests under idempotency keys beside a server that is killed again and again: whoever got no answer sends the same
 * request with the same key until there is one. An adjustment is a difference, so each that is booked twice, or answered
 * and not booked, shows in the ledger and in the stock.
 */
import { randomFor } from '@tillstream/simulators';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { KillableServer, Victim } from '../faults/kill-driver.ts';
import { openCaller } from '../harness/http-caller.ts';
import { withRowsOnDisk } from './brand-on-disk.ts';
import { openSender } from './keyed-sender.ts';
import { openKillGround } from './kill-ground.ts';
import { Life } from './life.ts';
import { isFullProof, report } from './proof-size.ts';

const kills = isFullProof ? 40 : 2;
const senders = 12;
/** Requests that a life of the server must have answered before it is killed, at least and at most. */
const answersALife = { least: 20, most: 80 };

let dataDir: string;
let server: KillableServer;
let ownerKey: string;

beforeEach(async () => {
  const ground = await openKillGround();
  ({ dataDir, server, ownerKey } = ground);
  return ground.remove;
});

afterEach(() => server.stop());

interface Sent {
  readonly key: string;
  readonly adjustmentId: string;
  readonly quantity: number;
}

interface Shelf {
  readonly locationId: unknown;
  readonly productId: unknown;
}

/** Sends until it is told to stop, one request after the other, each until it is answered. */
async function send(shelf: Shelf, { name, life }: { readonly name: string; readonly life: Life }): Promise<Sent[]> {
  const sent: Sent[] = [];
  const sender = openSender({ server, life, key: ownerKey });
  for (let turn = 0; !life.isOver; turn++) {
    const key = `${name}-${turn}`;
    const quantity = turn + 1;
    const request = { body: { ...shelf, type: 'in', quantity, reason: key }, headers: { 'idempotency-key': key } };
    const { body } = await sender.send('POST /v1/inventory/adjustments', request);
    sent.push({ key, quantity, adjustmentId: String(body['id']) });
  }
  sender.close();
  return sent;
}

test.each<Victim>([
  'node',
  'node and postgres',
])('requests under keys beside kills of %s are each carried out once, and answered as they were', {
  timeout: isFullProof ? 1_800_000 : 180_000,
}, async (victim) => {
  const owner = openCaller(server.url, ownerKey);
  const make = async (path: string, body: object) => (await owner.call(`POST ${path}`, { body })).body;
  const shelves: Shelf[] = [];
  for (const name of ['Astoria', 'Bronx', 'Harlem']) {
    const { id: locationId } = await make('/v1/locations', { name, timeZone: 'America/New_York' });
    const { id: productId } = await make('/v1/products', { sku: name, name: 'Bagel' });
    shelves.push({ locationId, productId });
  }
  owner.close();
  const life = new Life({ server, victim, kills, answersALife, random: randomFor('keyed requests under kills') });
  const sent = await Promise.all(
    Array.from({ length: senders }, (_, index) =>
      send(shelves[index % shelves.length] ?? { locationId: '', productId: '' }, { name: `sender-${index}`, life }),
    ),
  ).then((all) => all.flat());
  await server.stop();
  report(`${victim}: ${sent.length} requests, ${kills} kills, ${life.replays} answered from the record`);

  await withRowsOnDisk(dataDir, async (rows) => {
    const booked = await rows<{ key: string; id: string; quantity: string }>(
      'select reason as key, reference_id as id, quantity::numeric::text as quantity from stock_movements',
    );
    const told = sent.map(({ key, adjustmentId, quantity }) => `${key} ${adjustmentId} ${quantity}`);
    const found = booked.map(({ key, id, quantity }) => `${key} ${id} ${Number(quantity)}`);
    expect(found.sort()).toEqual(told.sort());
    const [stock] = await rows<{ total: string }>('select sum(current_stock)::text as total from inventory_items');
    expect(Number(stock?.total)).toBe(sent.reduce((total, { quantity }) => total + quantity, 0));
    const kept = await rows<{ key: string }>('select key from idempotency_keys');
    expect(kept.map(({ key }) => key).sort()).toEqual(sent.map(({ key }) => key).sort());
  });
});
