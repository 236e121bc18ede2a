/**
 * Stock that runs out and is filled up again, beside a server that is killed again and again: each alert reaches each of the
 * people who are to know, once. Where a server died between an alert and its messages, whoever follows the log next writes
 * them.
 */
import { randomFor } from '@tillstream/simulators';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createNotificationFollower } from '../../src/delivery/notifications/index.ts';
import { addMembership, createUser } from '../../src/identity/index.ts';
import { backgroundActor } from '../../src/platform/actor.ts';
import type { KillableServer, Victim } from '../faults/kill-driver.ts';
import { checkMessages, countAttempts } from '../faults/message-ledger.ts';
import { eventually } from '../harness/eventually.ts';
import { openCaller } from '../harness/http-caller.ts';
import { withDatabaseOnDisk } from './brand-on-disk.ts';
import { openSender } from './keyed-sender.ts';
import { openKillGround } from './kill-ground.ts';
import { Life } from './life.ts';
import { isFullProof, report } from './proof-size.ts';

const kills = isFullProof ? 40 : 3;
const shelves = 8;
/** Answers that a life of the server must have given before it is killed, at least and at most. */
const answersALife = { least: 20, most: 80 };
const [reorderLevel, delivery] = [10, 20];

let dataDir: string;
let server: KillableServer;
let ownerKey: string;
let people: readonly string[];

beforeEach(async () => {
  const ground = await openKillGround(prepare);
  ({ dataDir, server, ownerKey } = ground);
  return ground.remove;
});

afterEach(() => server.stop());

/** Two admins of the brand, which runs its shops itself: they are to know. */
async function prepare(atDir: string): Promise<void> {
  await withDatabaseOnDisk(atDir, async ({ db, rows }) => {
    const [brand] = await rows<{ id: string }>('select id from franchises');
    people = await db.transaction(backgroundActor('test'), (tx) =>
      Promise.all(
        ['Ada', 'Grace'].map(async (name) => {
          const { id: userId } = await createUser(tx, { name });
          const place = { role: 'franchise_admin' as const, franchiseId: brand?.id ?? '' };
          await addMembership(tx, { userId, place, at: new Date(0) });
          return userId;
        }),
      ),
    );
    await countAttempts(rows);
  });
}

interface Shelf {
  readonly locationId: string;
  readonly productId: string;
}

async function openShelves(): Promise<Shelf[]> {
  const owner = openCaller(server.url, ownerKey);
  const make = async (path: string, body: object) => {
    const answer = await owner.call(`POST ${path}`, { body });
    expect(answer.status, JSON.stringify(answer.body)).toBe(201);
    return String(answer.body['id']);
  };
  const opened: Shelf[] = [];
  for (let n = 0; n < shelves; n++) {
    const locationId = await make('/v1/locations', { name: `Shop ${n}`, timeZone: 'America/New_York' });
    const productId = await make('/v1/products', { sku: `SKU ${n}`, name: 'Bagel' });
    await make('/v1/inventory-items', { locationId, productId, reorderLevel });
    opened.push({ locationId, productId });
  }
  owner.close();
  return opened;
}

/** Fills the shelf and empties it until it is told to stop; answers how often it was emptied. */
async function fillAndEmpty(shelf: Shelf, life: Life): Promise<number> {
  const sender = openSender({ server, life, key: ownerKey });
  let emptied = 0;
  for (let turn = 0; !life.isOver; turn++) {
    const isFilling = turn % 2 === 0;
    const change = isFilling ? { type: 'in', quantity: delivery } : { type: 'waste', quantity: -delivery };
    await sender.send('POST /v1/inventory/adjustments', {
      body: { ...shelf, ...change, reason: `turn ${turn}` },
      headers: { 'idempotency-key': `${shelf.productId} ${turn}` },
    });
    if (!isFilling) emptied++;
  }
  sender.close();
  return emptied;
}

test.each<Victim>(['node', 'node and postgres'])('beside kills of %s each alert is told to each person once', {
  timeout: isFullProof ? 1_800_000 : 180_000,
}, async (victim) => {
  const life = new Life({ server, victim, kills, answersALife, random: randomFor(`alerts beside kills of ${victim}`) });
  const opened = await openShelves();
  const emptied = await Promise.all(opened.map((shelf) => fillAndEmpty(shelf, life)));
  // The last one, too: what the server leaves undone, a follower beside the files finishes.
  await server.kill(victim);

  await withDatabaseOnDisk(dataDir, async ({ db, rows }) => {
    const written = () => rows('select from notification_queue').then(({ length }) => length);
    const [alerts] = await rows<{ n: number }>(
      `select count(*)::int as n from sync_events where event_type = 'stock.alert' and change_data ->> 'state' = 'open'`,
    );
    expect(alerts?.n).toBe(emptied.reduce((sum, times) => sum + times, 0));
    report(`${victim}: ${kills + 1} kills, ${alerts?.n} alerts, ${await written()} messages before the last follower`);
    const follower = createNotificationFollower({ db, onError: () => undefined });
    await follower.start();
    try {
      await eventually(async () => expect(await written()).toBe((alerts?.n ?? 0) * people.length));
    } finally {
      await follower.stop();
    }
    expect(await checkMessages(rows, people)).toEqual([]);
  });
});
