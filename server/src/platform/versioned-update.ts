// The one place of optimistic locking. Whatever people edit side by side has a version, counted up by one with every edit;
// an edit names the version that it was made of, and is carried out on that one or not at all. Two edits of one version
// therefore never both succeed, no edit is lost, and the versions of a thing have no gaps.
//
// A refused edit is written down with both sides (sync_conflicts), in a transaction of its own: the one that was refused
// is rolled back. Who has the table is told by app.ts.
//
// An edit must name at least one field. One that names only what is so already is an edit like any other and makes a
// version: whether it changes anything is its maker's business, and every accepted edit can be told by its version.
import type { z } from 'zod';
import type { Actor } from './actor.ts';
import type { Database } from './database.ts';
import type { AppError } from './errors.ts';
import { keepDespiteRefusal } from './held-transaction.ts';
import type { Tx } from './transaction.ts';
import { versionConflict } from './versioned-update-errors.ts';
import { entityTag } from './versioned-update-wire.ts';

export interface Versioned {
  readonly version: number;
}

/** JSON as a client sees it. */
export type Shown = Readonly<Record<string, unknown>>;

/** Who a row belongs to, as the columns of its table say. */
export interface RowOwner {
  readonly franchiseId: string;
  readonly franchiseeId: string | null;
  readonly locationId: string | null;
}

/** How one kind of thing is edited; each slice has one of these a kind. */
export interface Editable<Kind extends string, Who extends Actor, Row extends Versioned, Changes extends object> {
  /** The table's name. */
  readonly kind: Kind;
  /** The body of a PATCH: all fields optional, at least one given, unknown ones refused. */
  readonly changes: z.ZodType<Changes>;
  /** Reads it as it is now. Throws where `who` does not see it or may not edit it; takes the locks that `write` needs. */
  readonly load: (tx: Tx, who: Who, id: string) => Promise<Row>;
  /**
   * Makes the edit and the next version: `update … where version = <row's> returning`. Undefined where no row had that
   * version any more. May refuse the edit for what it says.
   */
  readonly write: (
    tx: Tx,
    edit: { readonly who: Who; readonly row: Row; readonly changes: Changes },
  ) => Promise<Row | undefined>;
  readonly owner: (row: Row) => RowOwner;
  /** As GET answers it. */
  readonly view: (row: Row) => Shown;
  /** The changes as they were asked for, as JSON. */
  readonly show: (changes: Changes) => Shown;
  /** Fields that are never shown nor written down: secrets. */
  readonly secret?: readonly (keyof Changes & string)[];
}

export interface Edit<Changes> {
  readonly id: string;
  readonly expectedVersion: number;
  readonly changes: Changes;
}

/** The edit was made of a version that is not the present one. Only seen by who calls applyEdit. */
export class StaleEdit<Row extends Versioned = Versioned> extends Error {
  readonly current: Row;

  constructor(current: Row, expectedVersion: number) {
    super(`The version is ${current.version}, not ${expectedVersion}`);
    this.name = 'StaleEdit';
    this.current = current;
  }
}

/** Carries an edit out within a transaction, or throws a StaleEdit and what `load` and `write` throw. */
export async function applyEdit<Who extends Actor, Row extends Versioned, Changes extends object>(
  tx: Tx,
  who: Who,
  { editable, edit }: { editable: Editable<string, Who, Row, Changes>; edit: Edit<Changes> },
): Promise<Row> {
  const { id, expectedVersion, changes } = edit;
  const row = await editable.load(tx, who, id);
  if (row.version !== expectedVersion) throw new StaleEdit(row, expectedVersion);
  const written = await editable.write(tx, { who, row, changes });
  if (written !== undefined) {
    if (written.version === expectedVersion + 1) return written;
    throw new Error(`An edit of ${editable.kind} ${id} made version ${written.version} of ${expectedVersion}`);
  }
  // Between reading and writing, which waited for it, another edit was committed.
  const current = await editable.load(tx, who, id);
  if (current.version === expectedVersion) throw new Error(`${editable.kind} ${id} is hidden from its own editor`);
  throw new StaleEdit(current, expectedVersion);
}

/** An edit that came too late, with both sides. */
export interface RefusedEdit<Kind extends string> {
  readonly kind: Kind;
  readonly entityId: string;
  readonly owner: RowOwner;
  readonly expectedVersion: number;
  readonly currentVersion: number;
  readonly mine: Shown;
  /** Fields of the edit that `mine` lacks, because they are secret. */
  readonly withheld: readonly string[];
  readonly theirs: Shown;
}

export interface VersionedUpdates<Kind extends string, Who extends Actor> {
  /**
   * Carries the edit out. Throws what `load` and `write` of the editable throw, and `version.conflict` with
   * `{conflictId, mine, theirs}` after having written the conflict down.
   */
  update<Row extends Versioned, Changes extends object>(
    who: Who,
    editable: Editable<Kind, Who, Row, Changes>,
    edit: Edit<Changes>,
  ): Promise<Row>;
}

export interface VersionedUpdateParts<Kind extends string, Who extends Actor> {
  readonly db: Database;
  /** Writes the refused edit down and answers the conflict's id. */
  readonly keepConflict: (tx: Tx, who: Who, refused: RefusedEdit<Kind>) => Promise<string>;
}

export function createVersionedUpdates<Kind extends string, Who extends Actor>({
  db,
  keepConflict,
}: VersionedUpdateParts<Kind, Who>): VersionedUpdates<Kind, Who> {
  return {
    async update(who, editable, edit) {
      try {
        return await db.transaction(who, (tx) => applyEdit(tx, who, { editable, edit }));
      } catch (error) {
        if (!(error instanceof StaleEdit)) throw error;
        const refused = describeRefusal(editable, edit, error.current);
        const conflictId = await db.transaction(who, (tx) => keepConflict(tx, who, refused));
        keepDespiteRefusal();
        throw conflictError(conflictId, refused);
      }
    },
  };
}

function describeRefusal<Kind extends string, Who extends Actor, Row extends Versioned, Changes extends object>(
  editable: Editable<Kind, Who, Row, Changes>,
  { id, expectedVersion, changes }: Edit<Changes>,
  current: Row,
): RefusedEdit<Kind> {
  const withheld = (editable.secret ?? []).filter((field) => field in changes);
  const mine = Object.entries(editable.show(changes)).filter(([field]) => !withheld.some((secret) => secret === field));
  return {
    kind: editable.kind,
    entityId: id,
    owner: editable.owner(current),
    expectedVersion,
    currentVersion: current.version,
    mine: Object.fromEntries(mine),
    withheld,
    theirs: editable.view(current),
  };
}

/** The 409 of a conflict that has been written down. */
export function conflictError(
  conflictId: string,
  refused: Pick<RefusedEdit<string>, 'expectedVersion' | 'currentVersion' | 'mine' | 'theirs'>,
): AppError {
  const { expectedVersion, currentVersion, mine, theirs } = refused;
  return versionConflict(`The edit was made of version ${expectedVersion}; the version now is ${currentVersion}.`, {
    headers: { etag: entityTag(currentVersion) },
    extensions: { conflictId, expectedVersion, currentVersion, mine, theirs },
  });
}
