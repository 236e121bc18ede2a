// The wire shapes of POS systems: their registration, their edits, and how their connection does.
import { z } from 'zod';
import { changesOf } from '../../../platform/versioned-update-wire.ts';
import { posSystemTypes } from '../connectors/connector.ts';

const id = z.uuid().toLowerCase();
const instant = z.iso.datetime();

const enabled = z.boolean().describe('False: neither asked nor listened to');
const frequencyMinutes = z.int().min(1).max(1_440).describe('Between two fetches of a polled system');
const autoSync = z.boolean().describe('False: fetched only when POST /v1/pos-systems/{id}/sync asks for it');
const syncSettings = z.strictObject({ enabled, frequencyMinutes, autoSync });

const systemName = z.string().trim().min(1).max(200);
const apiEndpoint = z
  .url({ protocol: /^https?$/ })
  .max(2_000)
  .refine(isBare, 'must have no user, password, query or fragment: what is secret goes into credentials')
  .describe("The server to be asked, where it is not the make's own; paths are put behind it");

/** It is no secret, and is shown in answers: what a person may not see has no place in it. */
function isBare(address: string): boolean {
  const url = URL.parse(address);
  return url === null || [url.username, url.password, url.search, url.hash].every((part) => part === '');
}

const fieldName = z.string().regex(/^[A-Za-z][A-Za-z0-9]{0,49}$/);
const fieldsMax = 20;
const secretText = z.string().min(1).max(4_096);
const credentials = z
  .record(fieldName, secretText)
  .refine((fields) => Object.keys(fields).length <= fieldsMax, `at most ${fieldsMax} fields`)
  .describe(
    'Write only: kept encrypted, and in no answer. As the make names them, e.g. `apiKey`, `secretKey`, `merchantId`; ' +
      'what is missing or wrong is said in the refusal',
  );
const settings = z
  .record(fieldName, z.string().max(4_000))
  .refine((fields) => Object.keys(fields).length <= fieldsMax, `at most ${fieldsMax} fields`)
  .describe('What the make needs besides and that is not secret, e.g. `locationId`');

export const newSystem = z.strictObject({
  locationId: id,
  systemType: z
    .enum(posSystemTypes)
    .describe(
      'The connection to the vendor is tried first; a `custom` till without `apiEndpoint` only pushes its sales',
    ),
  name: systemName.exactOptional(),
  apiEndpoint: apiEndpoint.exactOptional(),
  credentials: credentials.exactOptional(),
  settings: settings.exactOptional(),
  syncSettings: syncSettings.exactOptional(),
});

export type NewSystem = z.output<typeof newSystem>;

export const systemChanges = changesOf({
  name: systemName.exactOptional(),
  apiEndpoint: apiEndpoint.nullable().exactOptional(),
  credentials: credentials.nullable().exactOptional().describe('All of them anew; null takes them away'),
  settings: settings.exactOptional().describe('All of them anew'),
  syncSettings: changesOf({
    enabled: enabled.exactOptional(),
    frequencyMinutes: frequencyMinutes.exactOptional(),
    autoSync: autoSync.exactOptional(),
  })
    .exactOptional()
    .describe('Settings that are left out stay'),
});

export type SystemChanges = z.output<typeof systemChanges>;

export const connectionStates = ['active', 'failing', 'paused'] as const;

export const connectionView = z
  .object({
    state: z.enum(connectionStates).describe('`failing`: the last run failed; `failure` says why'),
    syncedTo: instant.describe("All that changed at the vendor up to here is booked; by the vendor's clock"),
    lagSeconds: z.number().min(0),
    isRunning: z.boolean(),
    nextRunAt: instant.nullable(),
    startedAt: instant.nullable(),
    succeededAt: instant.nullable(),
    failedAt: instant.nullable(),
    failure: z.object({ kind: z.string(), detail: z.string() }).nullable(),
    failuresInRow: z.int(),
    notes: z.array(z.string()).describe('Sentences about what a person should see to though sales go on'),
    newsAt: instant.nullable().describe('When a fetch last found something new'),
    webhookAt: instant
      .nullable()
      .describe('When a webhook last spoke of the till; long before newsAt: they have stopped'),
  })
  .describe('How fetching from the vendor does');

export const systemView = z.object({
  id,
  locationId: id,
  franchiseId: id,
  franchiseeId: id.nullable(),
  name: z.string(),
  systemType: z.enum(posSystemTypes),
  apiEndpoint: z.string().nullable(),
  hasCredentials: z.boolean(),
  settings: z.record(z.string(), z.string()),
  syncSettings,
  connection: connectionView.nullable().describe('Null for a till that only pushes'),
  createdAt: instant,
  updatedAt: instant,
  version: z.int(),
});

export const triedView = z.object({
  ok: z.boolean(),
  problem: z.string().nullable().describe('A sentence for the person who set the till up'),
  field: z.string().nullable().describe('Which field to correct, where it is one'),
});
