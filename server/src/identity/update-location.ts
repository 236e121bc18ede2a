// Edits a shop: its name, its zone and closing hour, its currency. What was booked keeps the business date and the currency
// that it was booked with; what comes later follows the edit. The firm that runs the shop is no field of an edit: handing
// a shop over moves rows of many tables.
import type { Editable } from '../platform/versioned-update.ts';
import type { Caller } from './caller.ts';
import { locationNotFound } from './errors.ts';
import { requirePermission } from './permissions.ts';
import { findLocation, type LocationRow, updateLocation } from './queries.ts';
import { requireTimeZone } from './require-time-zone.ts';
import { type LocationChanges, locationChanges } from './schema.ts';
import { viewLocation } from './views.ts';

/** Refuses with `identity.location_not_found`, `identity.forbidden` and `identity.unknown_time_zone`. */
export const locationEdit: Editable<'locations', Caller, LocationRow, LocationChanges> = {
  kind: 'locations',
  changes: locationChanges,
  async load(tx, caller, id) {
    const location = await findLocation(tx, id);
    if (location === undefined) throw locationNotFound(`There is no location ${id}.`);
    const { franchise_id: franchiseId, franchisee_id: franchiseeId } = location;
    requirePermission(caller, 'locations.manage', { franchiseId, franchiseeId, locationId: id });
    return location;
  },
  async write(tx, { row, changes }) {
    const { timeZone } = changes;
    if (timeZone !== undefined) await requireTimeZone(tx, timeZone);
    return updateLocation(tx, {
      id: row.id,
      version: row.version,
      name: changes.name ?? row.name,
      timeZone: timeZone ?? row.time_zone,
      currency: changes.currency ?? row.currency,
      closingHour: changes.closingHour ?? row.closing_hour,
    });
  },
  owner: ({ id, franchise_id, franchisee_id }) => ({
    franchiseId: franchise_id,
    franchiseeId: franchisee_id,
    locationId: id,
  }),
  view: viewLocation,
  show: (changes) => ({ ...changes }),
};
