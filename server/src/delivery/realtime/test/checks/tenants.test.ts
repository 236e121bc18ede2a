// Two franchises, and two franchisees of one of them: whatever somebody asks for, of whatever table, by whatever topic and
// filter, no row of another's arrives. Who may see what is said here a second time, in words of its own.
import { v7 as uuidv7 } from 'uuid';
import { beforeAll, describe, expect, test } from 'vitest';
import { openShop } from '../../../../../test/factories/brand.ts';
import type { StoredEvent } from '../../../../events/index.ts';
import { tablesOfTheFeed } from '../../matching/feed.ts';
import { type Listener, versions } from '../listening-client.ts';
import { useLiveGateway } from '../live-checks.ts';
import { makeKey, makePerson, saleEvent } from '../live-gateway.ts';
import { storedEvent } from '../stored-event.ts';

const { checks, listen, join } = useLiveGateway({ limits: { joinsPerSecondMax: 10_000 } });

interface Owner {
  readonly franchise: string;
  readonly franchisee: string | null;
  readonly shop: string | null;
}

interface Subject {
  readonly name: string;
  readonly credential: string;
  readonly userId: string | null;
  readonly sees: (owner: Owner) => boolean;
}

let owners: Owner[];
let subjects: Subject[];

beforeAll(async () => {
  const { live, ground } = checks;
  const { brand, own, firm, foreign } = ground;
  const other = await openShop(live.database, brand, { name: 'Second firm', firm: true });
  const [a, b, first, second] = [brand.franchiseId, foreign.franchiseId, firm.franchiseeId, String(other.franchiseeId)];
  owners = [
    { franchise: a, franchisee: null, shop: null },
    { franchise: a, franchisee: null, shop: own.locationId },
    { franchise: a, franchisee: first, shop: null },
    { franchise: a, franchisee: first, shop: firm.locationId },
    { franchise: a, franchisee: second, shop: null },
    { franchise: a, franchisee: second, shop: other.locationId },
    { franchise: b, franchisee: null, shop: null },
    { franchise: b, franchisee: null, shop: foreign.locationId },
  ];
  const person = async (name: string, place: Parameters<typeof makePerson>[1], sees: Subject['sees']) => {
    const { token, userId } = await makePerson(live, place);
    return { name, credential: token, userId, sees };
  };
  const key = async (name: string, franchiseId: string, locationIds: string[] | null) => {
    const made = await makeKey(live, { ...brand, franchiseId }, { locationIds });
    const sees = ({ franchise, shop }: Owner) =>
      franchise === franchiseId && (locationIds === null || locationIds.includes(shop ?? ''));
    return { name, credential: made.key, userId: null, sees };
  };
  subjects = [
    await person('admin of a', { role: 'franchise_admin', franchiseId: a }, (owner) => owner.franchise === a),
    await person('admin of b', { role: 'franchise_admin', franchiseId: b }, (owner) => owner.franchise === b),
    await person('first firm', { role: 'franchisee', franchiseeId: first }, (owner) => owner.franchisee === first),
    await person('second firm', { role: 'franchisee', franchiseeId: second }, (owner) => owner.franchisee === second),
    await person(
      'manager',
      { role: 'location_manager', locationId: firm.locationId },
      (owner) => owner.shop === firm.locationId,
    ),
    await person('staff', { role: 'staff', locationId: own.locationId }, (owner) => owner.shop === own.locationId),
    await key('key of a', a, null),
    await key('key of b', b, null),
    await key('key of a shop', a, [other.locationId]),
  ];
  // What giving those rights wrote to the log has passed before anything is counted.
  const witness = await join({ vsn: '2.0.0', topic: 'witness', wishes: [{ table: 'pos_transactions' }] });
  await live.append(saleEvent(own, 'all rights given'));
  await witness.sale('all rights given');
});

/** One change of each table for each owner; a notification is for a person instead, whoever's shop it is about. */
function everything(): StoredEvent[] {
  return tablesOfTheFeed.flatMap(({ name }) =>
    owners.flatMap((owner) =>
      (name === 'notification_queue' ? subjects.flatMap(({ userId }) => userId ?? []) : [null]).flatMap((recipient) =>
        (['INSERT', 'UPDATE', 'DELETE'] as const).map((operation) => {
          const id = uuidv7();
          const row = {
            id,
            franchise_id: owner.franchise,
            franchisee_id: owner.franchisee,
            location_id: owner.shop,
            recipient_id: recipient,
          };
          return storedEvent({
            id,
            event_type: 'inventory.update',
            table_name: name,
            operation,
            entity_id: owner.franchise,
            scope_id: owner.shop ?? owner.franchisee ?? owner.franchise,
            franchise_id: owner.franchise,
            franchisee_id: owner.franchisee,
            location_id: owner.shop,
            record: operation === 'DELETE' ? null : row,
            old_record: operation === 'INSERT' ? null : row,
          });
        }),
      ),
    ),
  );
}

function maySee(subject: Subject, event: StoredEvent): boolean {
  if (event.table_name === 'notification_queue') {
    return (event.record ?? event.old_record)?.['recipient_id'] === subject.userId;
  }
  const { franchise_id: franchise, franchisee_id: franchisee, location_id: shop } = event;
  return subject.sees({ franchise, franchisee, shop });
}

/** Every way to ask for rows of a table: openly, by each owner, and by conditions that are true of all of them. */
function wishesFor(table: string): { table: string; filter?: string }[] {
  const ids = (pick: (owner: Owner) => string | null) => [...new Set(owners.flatMap((owner) => pick(owner) ?? []))];
  const columns = tablesOfTheFeed.find(({ name }) => name === table)?.columns.map(({ name }) => name) ?? [];
  const filters = [
    `franchise_id=in.(${ids(({ franchise }) => franchise).join()})`,
    ...ids(({ franchise }) => franchise).map((id) => `franchise_id=eq.${id}`),
    ...ids(({ franchisee }) => franchisee).map((id) => `franchisee_id=eq.${id}`),
    ...ids(({ shop }) => shop).map((id) => `location_id=eq.${id}`),
    ...ids(({ franchise }) => franchise).map((id) => `entity_id=eq.${id}`),
    ...subjects.flatMap(({ userId }) => userId ?? []).map((id) => `recipient_id=eq.${id}`),
    'id=not.is.null',
    'franchise_id=not.is.null',
    `franchise_id=neq.${uuidv7()}`,
    `id=isdistinct.${uuidv7()}`,
  ].filter((filter) => columns.includes(filter.slice(0, filter.indexOf('='))));
  return [{ table }, ...filters.map((filter) => ({ table, filter }))];
}

describe.each(versions)('serializer %s', (vsn) => {
  test('no filter of any table brings a row of another’s', async () => {
    const events = everything();
    const byId = new Map(events.map((event) => [event.id, event]));
    const asked: { subject: Subject; table: string; listener: Listener }[] = [];
    for (const subject of subjects) {
      let client: Listener['client'] | undefined;
      for (const { name: table } of tablesOfTheFeed) {
        const options = { vsn, topic: `all of ${table}`, apiKey: subject.credential, wishes: wishesFor(table) };
        const listener = await join({ ...options, ...(client && { client }) });
        client = listener.client;
        asked.push({ subject, table, listener });
      }
    }
    checks.live.publish(...events);
    for (const { subject, table, listener } of asked) {
      // A row of the log is an INSERT of its own for every event that anybody may see.
      const expected = events
        .filter((event) => (table === 'sync_events' || event.table_name === table) && maySee(subject, event))
        .map(({ id }) => id);
      const heard = () =>
        listener.heard.map((changes) => changes.map((each) => String(each.new['id'] ?? each.old['id'])));
      await listener.signal.until(`${subject.name}: ${table}`, () => heard()[0]?.length === expected.length);
      expect([subject.name, table, heard()[0]]).toEqual([subject.name, table, expected]);
      for (const id of heard().flat()) {
        const event = byId.get(id);
        expect([subject.name, table, event !== undefined && maySee(subject, event)]).toEqual([
          subject.name,
          table,
          true,
        ]);
      }
    }
    expect(asked.some(({ listener }) => listener.heard.slice(1).some((changes) => changes.length > 0))).toBe(true);
  });

  test('no topic of another’s is joined, spoken on or heard', async () => {
    const places = owners.map((owner) => ({
      owner,
      topic: owner.shop
        ? `location:${owner.shop}`
        : owner.franchisee
          ? `franchisee:${owner.franchisee}`
          : `franchise:${owner.franchise}`,
    }));
    for (const subject of subjects) {
      const first = await join({ vsn, topic: 'own', apiKey: subject.credential });
      for (const { owner, topic } of places.flatMap((place) => [
        place,
        { ...place, topic: `${place.topic}:kitchen` },
      ])) {
        const listener = listen({ vsn, topic, apiKey: subject.credential, client: first.client });
        await listener.signal.until(topic, () => listener.statuses.length > 0);
        const isOpen = subject.sees(owner);
        expect([subject.name, topic, listener.statuses[0]?.split(':')[0]]).toEqual([
          subject.name,
          topic,
          isOpen ? 'SUBSCRIBED' : 'CHANNEL_ERROR',
        ]);
        const spoken = listener.channel.httpSend('hello', {}).then(
          () => true,
          () => false,
        );
        expect([subject.name, topic, await spoken]).toEqual([subject.name, topic, isOpen]);
      }
      for (const { userId } of subjects.filter((each) => each.userId !== null)) {
        const listener = listen({ vsn, topic: `user:${userId}`, apiKey: subject.credential, client: first.client });
        await listener.signal.until('an answer', () => listener.statuses.length > 0);
        const isTheirs = subject.userId === userId;
        expect(listener.statuses[0]?.split(':')[0]).toBe(isTheirs ? 'SUBSCRIBED' : 'CHANNEL_ERROR');
      }
      await first.close();
    }
  });
});
