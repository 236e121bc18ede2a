// The tables that clients may subscribe to, as the catalogue of events/ declares them, in the form that joins are compiled
// against.
import { feedTables, type StoredEvent } from '../../../events/index.ts';

export interface FeedColumn {
  readonly name: string;
  /** PostgreSQL's `typname`, by which clients convert strings: `int4`, `_text`, `uuid`, … */
  readonly type: string;
}

export interface FeedTable {
  readonly name: string;
  readonly columns: readonly FeedColumn[];
}

export type Operation = StoredEvent['operation'];

/** A row as the log keeps it. */
export type Row = Readonly<Record<string, unknown>>;

export const tablesOfTheFeed: readonly FeedTable[] = Object.entries(feedTables).map(([name, { columns }]) => ({
  name,
  columns: Object.entries(columns).map(([column, type]) => ({ name: column, type })),
}));
