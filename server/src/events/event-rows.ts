// How events are read: as the bytes that PostgreSQL has of them, by a query that may see something else in the same moment.
import { type RawBuilder, sql } from 'kysely';
import { behindField, type CopiedRows, copyRows, isNull, textAt } from '../platform/copied-rows.ts';
import type { Tx } from '../platform/database.ts';
import { columnsCount, eventColumns, eventsOf } from './event-of-row.ts';
import type { StoredEvent } from './stored-event.ts';

/** The events that a query finds, which selects `eventColumns`, in its order. */
export async function readEvents(tx: Tx, query: RawBuilder<unknown>): Promise<StoredEvent[]> {
  return eventsOf(await copyRows(tx, query));
}

/** What a query of events selects that stands beside a document. */
export const columnsBeside = sql`${eventColumns}, null::json`;

/**
 * A query for what must be seen in the same moment as the events: a row of its own, with nulls in the events' columns. In each
 * of their rows it would be asked for and sent each time, which for some hundreds costs as much as the events. Of what type
 * the nulls are is said by the other part.
 */
export function selectBeside(document: RawBuilder<unknown>, events: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`select ${sql.raw('null, '.repeat(columnsCount))} to_json(beside) from ${document} as beside
    union all ${events}`;
}

/** The document, undefined where there was none to find, and the events in the order of their numbers. */
export function takeBeside<T>({ bytes, starts }: CopiedRows): {
  readonly document: T | undefined;
  readonly events: StoredEvent[];
} {
  const start = starts.find((each) => isNull(bytes, each));
  const events = eventsOf({ bytes, starts: starts.filter((each) => each !== start) });
  // Sorted here, where they are numbers: PostgreSQL would copy each event whole for it.
  events.sort((a, b) => a.seq - b.seq);
  return { document: start === undefined ? undefined : documentAt(bytes, start), events };
}

function documentAt(bytes: Buffer, start: number) {
  let at = start;
  for (let column = 0; column < columnsCount; column++) at = behindField(bytes, at);
  return JSON.parse(textAt(bytes, at) ?? 'null');
}
