// From rows of the log to events. Thousands may come at once, and tens of thousands are kept in memory (recent-events.ts):
// so the documents of a page lie in one piece outside of JavaScript's heap until somebody asks for one, and what events have
// in common, such as the ids of their owners, is there once. Collecting garbage was a quarter of a gateway's time in a rush.
import { sql } from 'kysely';
import type { EventType } from './catalogue.ts';
import type { StoredEvent } from './stored-event.ts';

/** What to select of sync_events. */
export const eventColumns = sql`seq, xid, epoch, id, franchise_id, franchisee_id, location_id, event_type,
  entity_type, entity_id, table_name, operation, record, old_record, change_data, source_system, target_systems, metadata,
  "timestamp", recorded_at`;

const documentNames = ['record', 'old_record', 'change_data', 'metadata'] as const;
type DocumentName = (typeof documentNames)[number];

/** A row of the log, its documents as they were written. */
export type EventRow = Omit<StoredEvent, 'scope_id' | DocumentName> & Readonly<Record<DocumentName, string | null>>;

/** The events of these rows, in their order. */
export function eventsOf(rows: readonly EventRow[]): StoredEvent[] {
  const documents = new Documents(rows);
  return rows.map((row, index) => new EventOfRow(row, documents, index));
}

/** The documents of a page's events, parsed anew for whoever asks. */
class Documents {
  readonly #bytes: Buffer;
  /** Where each of them ends; an empty one is null. */
  readonly #ends: Uint32Array;

  constructor(rows: readonly EventRow[]) {
    const texts: string[] = [];
    let bytes = 0;
    for (const row of rows) {
      for (const name of documentNames) {
        const text = row[name] ?? '';
        texts.push(text);
        bytes += Buffer.byteLength(text);
      }
    }
    this.#bytes = Buffer.allocUnsafeSlow(bytes);
    this.#ends = new Uint32Array(texts.length);
    let end = 0;
    for (let place = 0; place < texts.length; place++) {
      end += this.#bytes.write(texts[place] ?? '', end);
      this.#ends[place] = end;
    }
  }

  read(index: number, name: DocumentName) {
    const place = index * documentNames.length + documentNames.indexOf(name);
    const [start, end] = [this.#ends[place - 1] ?? 0, this.#ends[place]];
    return start === end ? null : JSON.parse(this.#bytes.toString('utf8', start, end));
  }
}

class EventOfRow implements StoredEvent {
  readonly seq: number;
  readonly xid: string;
  readonly epoch: number;
  readonly id: string;
  readonly scope_id: string;
  readonly franchise_id: string;
  readonly franchisee_id: string | null;
  readonly location_id: string | null;
  readonly event_type: EventType;
  readonly entity_type: string;
  readonly entity_id: string;
  readonly table_name: string;
  readonly operation: StoredEvent['operation'];
  readonly source_system: string;
  readonly target_systems: readonly string[];
  readonly #timestampMs: number;
  readonly #recordedAtMs: number;
  readonly #documents: Documents;
  readonly #index: number;

  constructor(row: EventRow, documents: Documents, index: number) {
    this.seq = row.seq;
    this.xid = shared(row.xid);
    this.epoch = row.epoch;
    this.id = row.id;
    this.franchise_id = shared(row.franchise_id);
    this.franchisee_id = row.franchisee_id && shared(row.franchisee_id);
    this.location_id = row.location_id && shared(row.location_id);
    this.scope_id = this.location_id ?? this.franchisee_id ?? this.franchise_id;
    this.event_type = shared(row.event_type);
    this.entity_type = shared(row.entity_type);
    this.entity_id = row.entity_id;
    this.table_name = shared(row.table_name);
    this.operation = shared(row.operation);
    this.source_system = shared(row.source_system);
    this.target_systems = row.target_systems.length === 0 ? none : row.target_systems;
    this.#timestampMs = row.timestamp.getTime();
    this.#recordedAtMs = row.recorded_at.getTime();
    this.#documents = documents;
    this.#index = index;
  }

  get record() {
    return this.#documents.read(this.#index, 'record');
  }

  get old_record() {
    return this.#documents.read(this.#index, 'old_record');
  }

  get change_data() {
    return this.#documents.read(this.#index, 'change_data');
  }

  get metadata() {
    return this.#documents.read(this.#index, 'metadata');
  }

  get timestamp(): Date {
    return new Date(this.#timestampMs);
  }

  get recorded_at(): Date {
    return new Date(this.#recordedAtMs);
  }

  /** As an object like any other, e.g. for the bus. */
  toJSON(): StoredEvent {
    const { record, old_record, change_data, metadata, timestamp, recorded_at } = this;
    return { ...this, record, old_record, change_data, metadata, timestamp, recorded_at };
  }
}

const none: readonly string[] = [];
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
