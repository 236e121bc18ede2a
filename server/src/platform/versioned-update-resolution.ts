// How a conflict that has been written down ends: the side that was chosen becomes the state, as an edit like any other.
import type { z } from 'zod';
import type { Actor } from './actor.ts';
import { invalidRequest } from './http-errors.ts';
import { formatPath } from './parse-json-exact.ts';
import type { Tx } from './transaction.ts';
import { applyEdit, type Editable, type Shown, StaleEdit, type Versioned } from './versioned-update.ts';

/** How the side that was chosen for a conflict comes to be the state: one a kind, given to the conflicts' slice. */
export type ApplyResolution<Who extends Actor> = (tx: Tx, who: Who, request: Resolution) => Promise<Resolved>;

export interface Resolution {
  readonly entityId: string;
  /** The version that whoever decided has seen. */
  readonly expectedVersion: number;
  /** A PATCH's body; null leaves everything as it is, which also takes the right to edit. */
  readonly changes: unknown;
}

export interface Resolved {
  readonly version: number;
  readonly view: Shown;
}

/** Throws what an edit throws, `request.invalid` for changes that are none, and a StaleEdit with its view. */
export function resolveWith<Who extends Actor, Row extends Versioned, Changes extends object>(
  editable: Editable<string, Who, Row, Changes>,
): ApplyResolution<Who> {
  return async (tx, who, { entityId: id, expectedVersion, changes }) => {
    if (changes === null) {
      const row = await editable.load(tx, who, id);
      return { version: row.version, view: editable.view(row) };
    }
    const edit = { id, expectedVersion, changes: parseChanges(editable.changes, changes) };
    try {
      const row = await applyEdit(tx, who, { editable, edit });
      return { version: row.version, view: editable.view(row) };
    } catch (error) {
      if (!(error instanceof StaleEdit)) throw error;
      const current = error.current as Row;
      throw new StaleEdit({ version: current.version, view: editable.view(current) }, expectedVersion);
    }
  };
}

function parseChanges<Changes>(schema: z.ZodType<Changes>, changes: unknown): Changes {
  const parsed = schema.safeParse(changes);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.map(({ path, message }) => ({
    path: formatPath(['merged', ...path.map((step) => (typeof step === 'number' ? step : String(step)))]),
    message,
  }));
  throw invalidRequest(`${errors[0]?.path ?? 'merged'}: ${errors[0]?.message ?? 'is not an edit'}.`, { errors });
}
