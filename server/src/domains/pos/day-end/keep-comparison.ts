// Writes down what a comparison came to, and tells of a day that differs: nobody looks every morning at a list that has
// been empty for months. Told once, and again where the figures are others by now or the day is in order.
import { append, type NewEvent } from '../../../events/index.ts';
import type { Tx } from '../../../platform/database.ts';
import { decimal, toJsonNumber } from '../../../platform/decimal.ts';
import type { DayTotals } from './compare-day.ts';
import { findTillNames, keepProof, type ProofRow } from './queries.ts';

type ComparedDay = Omit<ProofRow, 'checkedAt' | 'vendor'> & { readonly vendor: DayTotals };

export async function keepComparison(tx: Tx, proof: ComparedDay, at: Date): Promise<void> {
  const { before, state } = await keepProof(tx, proof);
  if (state === 'unproven') return;
  const wasDifferent = before?.state === 'different';
  const isDifferent = state === 'different';
  const isTold = wasDifferent && isDifferent && JSON.stringify(before.totals) === JSON.stringify(totalsOf(proof));
  if (isTold || !(isDifferent || wasDifferent)) return;
  await append(tx, [dayEvent({ proof, state, at, ...(await findTillNames(tx, proof)) })]);
}

/** What makes a difference another one. */
function totalsOf({ vendor, booked }: Pick<ComparedDay, 'vendor' | 'booked'>) {
  return [vendor.total, vendor.count, booked.total, booked.count];
}

interface ToldDay {
  readonly proof: ComparedDay;
  readonly state: Exclude<ProofRow['state'], 'unproven'>;
  readonly at: Date;
  readonly locationName: string;
  readonly posSystemName: string;
  readonly currency: string;
}

function dayEvent({ proof, state, at, ...names }: ToldDay): NewEvent<'pos.day_compared'> {
  const { locationId, posSystemId, franchiseId, franchiseeId, businessDate, vendor, booked, differences } = proof;
  return {
    type: 'pos.day_compared',
    owner: { franchiseId, franchiseeId, locationId },
    entityId: posSystemId,
    operation: 'UPDATE',
    record: null,
    changeData: {
      ...{ posSystemId, locationId, ...names, businessDate, state },
      vendorCount: vendor.count,
      vendorTotal: toJsonNumber(decimal(vendor.total)),
      bookedCount: booked.count,
      bookedTotal: toJsonNumber(decimal(booked.total)),
      differences: differences.length,
    },
    sourceSystem: 'pos',
    timestamp: at,
  };
}
