// Who was told of which event, by three accounts that must agree: the queue, the log, and every attempt to write a row of
// the queue that was committed. The queue alone would not do: its unique key hides that somebody wrote a message twice.
import type { ReadRows } from '../flow/books.ts';

/** To be called before there are messages. */
export async function countAttempts(rows: ReadRows): Promise<void> {
  await rows(`
    create table attempts (recipient_id uuid, source_event_id uuid);
    grant insert on attempts to public;
    create function count_attempt() returns trigger language plpgsql as $$ begin
      insert into attempts values (new.recipient_id, new.source_event_id);
      return new;
    end $$;
    create trigger count_attempt before insert on notification_queue for each row execute function count_attempt()
  `);
}

const accounts = {
  queue: 'select source_event_id as event, recipient_id as person from notification_queue',
  attempts: 'select source_event_id as event, recipient_id as person from attempts',
  log: `select record ->> 'source_event_id' as event, record ->> 'recipient_id' as person from sync_events
    where event_type = 'notification.queued'`,
};

/** Where an account does not hold exactly one message for each of these people and each alert that was opened. */
export async function checkMessages(rows: ReadRows, people: readonly string[]): Promise<string[]> {
  const alerts = await rows<{ id: string }>(
    `select id from sync_events where event_type = 'stock.alert' and change_data ->> 'state' = 'open'`,
  );
  const expected = new Set(alerts.flatMap(({ id }) => people.map((person) => `${id} ${person}`)));
  const violations: string[] = [];
  for (const [account, text] of Object.entries(accounts)) {
    const found = new Map<string, number>();
    for (const { event, person } of await rows<{ event: string; person: string }>(text)) {
      const key = `${event} ${person}`;
      found.set(key, (found.get(key) ?? 0) + 1);
    }
    for (const key of expected) if (!found.has(key)) violations.push(`${account}: ${key} is missing`);
    for (const [key, times] of found) {
      if (!expected.has(key)) violations.push(`${account}: nobody asked for ${key}`);
      if (times > 1) violations.push(`${account}: ${key} is there ${times} times`);
    }
  }
  return violations;
}
