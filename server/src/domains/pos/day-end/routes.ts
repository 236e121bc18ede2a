// The addresses of days that are compared with the vendor.
import type { z } from 'zod';
import { forbidden } from '../../../identity/index.ts';
import type { HttpApp } from '../../../platform/http.ts';
import { invalidCursor } from '../../../platform/http-errors.ts';
import { listOf } from '../../../platform/http-lists.ts';
import { dayNotOver, noSuchSystem, notConnected } from '../errors.ts';
import { idParams } from '../schema.ts';
import type { SyncParts } from '../syncs/request-sync.ts';
import { syncView } from '../syncs/schema.ts';
import { viewSync } from '../syncs/view-sync.ts';
import type { DayTotals } from './compare-day.ts';
import type { ProofRow } from './queries.ts';
import { listDays, proveDay } from './read-days.ts';
import { dayQuery, dayToProve, dayView } from './schema.ts';

export function addDayRoutes(app: HttpApp, parts: SyncParts): void {
  const tags = ['pos systems'];
  app.get(
    '/v1/pos-systems/:id/days',
    {
      schema: {
        tags,
        summary: "A till's business days beside what its vendor says of them, newest first",
        params: idParams,
        querystring: dayQuery,
        response: { 200: listOf(dayView) },
      },
      config: { errors: [forbidden, noSuchSystem, invalidCursor] },
    },
    async ({ caller, params, query: { differing, ...query } }) => {
      const wanted = { posSystemId: params.id, differing: differing === 'true', ...query };
      const { items, nextCursor } = await listDays(parts, caller, wanted);
      return { items: items.map(viewDay), nextCursor };
    },
  );
  app.post(
    '/v1/pos-systems/:id/days',
    {
      schema: {
        tags,
        summary: 'Compare a business day with the vendor now, and heal what differs',
        description:
          'Answers at once, as a sync that can be watched; afterwards the day is in the list. Of a till without a vendor the ' +
          'numbers of the receipts are looked through.',
        params: idParams,
        body: dayToProve,
        response: { 202: syncView },
      },
      config: { errors: [forbidden, noSuchSystem, notConnected, dayNotOver] },
    },
    async ({ caller, params, body }, reply) => {
      const sync = await proveDay(parts, caller, { posSystemId: params.id, businessDate: body.businessDate });
      return reply.code(202).send(viewSync(sync));
    },
  );
}

function viewDay(row: ProofRow): z.input<typeof dayView> {
  const { businessDate, state, repaired, checkedAt } = row;
  const totals = ({ tenders, ...rest }: DayTotals) => ({ ...rest, tenders: [...tenders] });
  return {
    ...{ businessDate, state, repaired },
    vendor: row.vendor && totals(row.vendor),
    booked: totals(row.booked),
    differences: [...row.differences],
    receiptGaps: [...row.receiptGaps],
    checkedAt: checkedAt.toISOString(),
  };
}
