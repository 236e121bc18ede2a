// A till as an answer: without its credentials, with how its connection does.
import type { z } from 'zod';
import { type ConnectionHealth, clockDriftMsMax, type SystemRow } from './queries.ts';
import type { connectionView, systemView } from './schema.ts';

export function viewSystem(row: SystemRow): z.input<typeof systemView> {
  return {
    id: row.id,
    locationId: row.locationId,
    franchiseId: row.franchiseId,
    franchiseeId: row.franchiseeId,
    name: row.name,
    systemType: row.systemType,
    apiEndpoint: row.apiEndpoint,
    hasCredentials: row.hasCredentials,
    settings: row.settings,
    syncSettings: { enabled: row.syncEnabled, frequencyMinutes: row.syncFrequencyMinutes, autoSync: row.autoSync },
    connection: viewConnection(row),
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
    version: row.version,
  };
}

function viewConnection(row: SystemRow): z.input<typeof connectionView> | null {
  const { health } = row;
  if (health === null) return null;
  const failure = failureOf(health);
  return {
    state: row.syncEnabled ? (failure === null ? 'active' : 'failing') : 'paused',
    syncedTo: text(health.cursorAt) ?? '',
    lagSeconds: Math.max(0, Math.round(health.lagSeconds)),
    isRunning: health.isRunning,
    nextRunAt: row.syncEnabled ? text(health.dueAt) : null,
    startedAt: text(health.startedAt),
    succeededAt: text(health.succeededAt),
    failedAt: text(health.failedAt),
    failure,
    notes: notesOf(health),
    failuresInRow: health.failuresInRow,
    newsAt: text(health.newsAt),
    webhookAt: text(health.webhookAt),
  };
}

function failureOf(health: ConnectionHealth): z.input<typeof connectionView>['failure'] {
  const { failureKind: kind, failureDetail: detail } = health;
  if (kind !== null) return { kind, detail: detail ?? '' };
  if (!health.isStuck) return null;
  return { kind: 'ours', detail: 'A run has been at the till for minutes and does not come to its end.' };
}

/** What a person should see to though sales go on. */
function notesOf({ vendorOffsetMs, catalogueFailure }: ConnectionHealth): string[] {
  const notes: string[] = [];
  if (Math.abs(vendorOffsetMs) > clockDriftMsMax) {
    const minutes = Math.round(Math.abs(vendorOffsetMs) / 60_000);
    notes.push(`The vendor's clock is ${minutes} minutes behind ours: set it right, for changes are read by it.`);
  }
  if (catalogueFailure !== null) {
    notes.push(`The items cannot be read, so lines of new ones wait for a person: ${catalogueFailure}`);
  }
  return notes;
}

// They come out of a jsonb value, as PostgreSQL writes instants there.
function text(instant: string | null): string | null {
  return instant === null ? null : new Date(instant).toISOString();
}
