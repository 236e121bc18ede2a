// The addresses of one item: its state, and the edit of its levels.
import { type Caller, forbidden } from '../../../identity/index.ts';
import type { Clock } from '../../../platform/clock.ts';
import type { Database } from '../../../platform/database.ts';
import type { HttpApp } from '../../../platform/http.ts';
import type { VersionedUpdates } from '../../../platform/versioned-update.ts';
import { editErrors } from '../../../platform/versioned-update-errors.ts';
import { expectedVersion, ifMatchHeader, sendVersioned } from '../../../platform/versioned-update-wire.ts';
import { levelsContradict, unknownItem } from '../errors.ts';
import { idParams, itemChanges, stockView } from '../schema.ts';
import { createItemEdit, readItem, viewItem } from './update-item.ts';

export interface LevelParts {
  readonly db: Database;
  readonly clock: Clock;
  readonly edits: VersionedUpdates<'inventory_items', Caller>;
}

export function addLevelRoutes(app: HttpApp, { db, clock, edits }: LevelParts): void {
  const tags = ['inventory'];
  const itemEdit = createItemEdit(clock);
  app.get(
    '/v1/inventory-items/:id',
    {
      schema: { tags, summary: "A shop's item", params: idParams, response: { 200: stockView } },
      config: { errors: [forbidden, unknownItem] },
    },
    async ({ caller, params }, reply) => sendVersioned(reply, viewItem(await readItem(db, caller, params.id))),
  );
  app.patch(
    '/v1/inventory-items/:id',
    {
      schema: {
        tags,
        summary: "Edit the levels of a shop's item",
        params: idParams,
        headers: ifMatchHeader,
        body: itemChanges,
        response: { 200: stockView },
      },
      config: { errors: [forbidden, unknownItem, levelsContradict, ...editErrors] },
    },
    async ({ caller, params, headers, body }, reply) => {
      const edit = { ...params, expectedVersion: expectedVersion(headers), changes: body };
      return sendVersioned(reply, viewItem(await edits.update(caller, itemEdit, edit)));
    },
  );
}
