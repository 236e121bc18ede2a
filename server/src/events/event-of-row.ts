// An event as the bytes of its row. Thousands may come at once, and tens of thousands are kept in memory (recent-events.ts):
// so a page is one piece outside of JavaScript's heap, of which an event holds what every reader looks at, and reads the rest
// when somebody asks. Taking rows apart and collecting the garbage was half of a gateway's time in a rush.
import { sql } from 'kysely';
import {
  behindField,
  type CopiedRows,
  instantAt,
  integerAt,
  textAt,
  textsAt,
  uuidAt,
} from '../platform/copied-rows.ts';
import type { EventType } from './catalogue.ts';
import { plainEvent, type StoredEvent } from './stored-event.ts';

/** What to select of sync_events. Those of one size that are never null come first: they lie at the same places in each row. */
export const eventColumns = sql`seq, xid, epoch, id, franchise_id, entity_id, "timestamp", recorded_at, franchisee_id,
  location_id, event_type, table_name, operation, entity_type, source_system, target_systems, record, old_record, change_data,
  metadata`;

export const columnsCount = 20;
/** Where the first of them begin in a row, each with four bytes before it for its length, and where the others do. */
const places = {
  seq: 0,
  xid: 12,
  epoch: 24,
  id: 32,
  franchise: 52,
  entity: 72,
  timestamp: 92,
  recordedAt: 104,
  others: 116,
};
/** Those of the others that are read as they are asked for. */
const late = [
  'entity_type',
  'source_system',
  'target_systems',
  'record',
  'old_record',
  'change_data',
  'metadata',
] as const;

/** The events of rows that have `eventColumns`, in their order. */
export function eventsOf({ bytes, starts }: CopiedRows): StoredEvent[] {
  const columns = new EarlyColumns(bytes);
  return starts.map((start) => new EventOfRow(bytes, start, columns));
}

/** A column whose value is mostly that of the row before, and then the same string: ids of owners, words of ours. */
class RepeatingColumn<T> {
  readonly #bytes: Buffer;
  readonly #read: (bytes: Buffer, at: number) => T;
  #last: { readonly at: number; readonly value: T } | null = null;

  constructor(bytes: Buffer, read: (bytes: Buffer, at: number) => T) {
    this.#bytes = bytes;
    this.#read = read;
  }

  at(at: number): T {
    if (this.#last === null || !isSameField(this.#bytes, this.#last.at, at)) {
      this.#last = { at, value: this.#read(this.#bytes, at) };
    }
    return this.#last.value;
  }
}

function isSameField(bytes: Buffer, a: number, b: number): boolean {
  const size = behindField(bytes, a) - a;
  // From the end: ids that were made one after the other begin alike.
  for (let at = size - 1; at >= 0; at--) if (bytes[a + at] !== bytes[b + at]) return false;
  return true;
}

/** The columns that every reader looks at. */
class EarlyColumns {
  readonly xid: RepeatingColumn<string>;
  readonly franchise: RepeatingColumn<string>;
  readonly franchisee: RepeatingColumn<string | null>;
  readonly location: RepeatingColumn<string | null>;
  readonly type: RepeatingColumn<string>;
  readonly table: RepeatingColumn<string>;
  readonly operation: RepeatingColumn<string>;

  constructor(bytes: Buffer) {
    const id = (at: typeof uuidAt) => new RepeatingColumn(bytes, (...where) => sharedOrNull(at(...where)));
    const word = () => new RepeatingColumn(bytes, (...where) => shared(textAt(...where) ?? ''));
    this.xid = new RepeatingColumn(bytes, (_, at) => String(integerAt(bytes, at)));
    this.franchise = new RepeatingColumn(bytes, (_, at) => shared(uuidAt(bytes, at) ?? ''));
    [this.franchisee, this.location] = [id(uuidAt), id(uuidAt)];
    [this.type, this.table, this.operation] = [word(), word(), word()];
  }
}

class EventOfRow implements StoredEvent {
  readonly seq: number;
  readonly xid: string;
  readonly epoch: number;
  readonly franchise_id: string;
  readonly franchisee_id: string | null;
  readonly location_id: string | null;
  readonly event_type: EventType;
  readonly table_name: string;
  readonly operation: StoredEvent['operation'];
  readonly #bytes: Buffer;
  readonly #start: number;
  /** Where the late columns begin. */
  readonly #late: number;
  #recordedAt: Date | null = null;

  constructor(bytes: Buffer, start: number, columns: EarlyColumns) {
    this.#bytes = bytes;
    this.#start = start;
    this.seq = integerAt(bytes, start + places.seq);
    this.xid = columns.xid.at(start + places.xid);
    this.epoch = bytes.readInt32BE(start + places.epoch + 4);
    this.franchise_id = columns.franchise.at(start + places.franchise);
    let at = start + places.others;
    this.franchisee_id = columns.franchisee.at(at);
    at = behindField(bytes, at);
    this.location_id = columns.location.at(at);
    at = behindField(bytes, at);
    this.event_type = columns.type.at(at) as EventType;
    at = behindField(bytes, at);
    this.table_name = columns.table.at(at);
    at = behindField(bytes, at);
    this.operation = columns.operation.at(at) as StoredEvent['operation'];
    this.#late = behindField(bytes, at);
  }

  get id(): string {
    return uuidAt(this.#bytes, this.#start + places.id) ?? '';
  }

  get entity_id(): string {
    return uuidAt(this.#bytes, this.#start + places.entity) ?? '';
  }

  get scope_id(): string {
    return this.location_id ?? this.franchisee_id ?? this.franchise_id;
  }

  get timestamp(): Date {
    return new Date(instantAt(this.#bytes, this.#start + places.timestamp));
  }

  get recorded_at(): Date {
    this.#recordedAt ??= new Date(instantAt(this.#bytes, this.#start + places.recordedAt));
    return this.#recordedAt;
  }

  get entity_type(): string {
    return textAt(this.#bytes, this.#placeOf('entity_type')) ?? '';
  }

  get source_system(): string {
    return textAt(this.#bytes, this.#placeOf('source_system')) ?? '';
  }

  get target_systems(): readonly string[] {
    return textsAt(this.#bytes, this.#placeOf('target_systems'));
  }

  get record() {
    return this.#document('record');
  }

  get old_record() {
    return this.#document('old_record');
  }

  get change_data() {
    return this.#document('change_data');
  }

  get metadata() {
    return this.#document('metadata');
  }

  #document(name: LateColumn) {
    return JSON.parse(textAt(this.#bytes, this.#placeOf(name)) ?? 'null');
  }

  #placeOf(name: LateColumn): number {
    let at = this.#late;
    for (const each of late) {
      if (each === name) return at;
      at = behindField(this.#bytes, at);
    }
    return at;
  }

  /** As an object like any other, e.g. for the bus. */
  toJSON(): StoredEvent {
    return plainEvent(this);
  }
}

type LateColumn = (typeof late)[number];

const sharedMax = 10_000;
const sharedTexts = new Map<string, string>();

/** The same text, of which others have the same copy. */
function shared<T extends string>(text: T): T {
  const known = sharedTexts.get(text);
  if (known !== undefined) return known as T;
  if (sharedTexts.size === sharedMax) sharedTexts.clear();
  sharedTexts.set(text, text);
  return text;
}

function sharedOrNull(text: string | null): string | null {
  return text === null ? null : shared(text);
}
