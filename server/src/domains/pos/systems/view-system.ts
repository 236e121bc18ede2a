// A till as an answer: without its credentials, with how its connection does.
import type { z } from 'zod';
import type { SystemRow } from './queries.ts';
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
  const failing = health.failureKind !== null;
  return {
    state: row.syncEnabled ? (failing ? 'failing' : 'active') : 'paused',
    syncedTo: text(health.cursorAt) ?? '',
    lagSeconds: Math.max(0, Math.round(health.lagSeconds)),
    isRunning: health.isRunning,
    nextRunAt: row.syncEnabled ? text(health.dueAt) : null,
    startedAt: text(health.startedAt),
    succeededAt: text(health.succeededAt),
    failedAt: text(health.failedAt),
    failure: health.failureKind === null ? null : { kind: health.failureKind, detail: health.failureDetail ?? '' },
    failuresInRow: health.failuresInRow,
    newsAt: text(health.newsAt),
    webhookAt: text(health.webhookAt),
  };
}

// They come out of a jsonb value, as PostgreSQL writes instants there.
function text(instant: string | null): string | null {
  return instant === null ? null : new Date(instant).toISOString();
}
