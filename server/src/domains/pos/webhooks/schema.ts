// The wire shapes of webhook addresses.
import { z } from 'zod';
import { posSystemTypes } from '../connectors/connector.ts';

const id = z.uuid().toLowerCase();
const instant = z.iso.datetime();
const secret = z.string().min(8).max(1_000).describe("The vendor's key of this address; write only");
const url = z.url({ protocol: /^https?$/ }).max(1_000);

export const deliveryParams = z.strictObject({ make: z.enum(posSystemTypes), endpointId: id });
export const endpointParams = z.strictObject({ id });
export const messageParams = z.strictObject({ id, messageId: id });

export const newEndpoint = z.strictObject({
  franchiseId: id.exactOptional().describe('Needed by who reaches several'),
  systemType: z.enum(posSystemTypes),
  url: url
    .exactOptional()
    .describe('As it is configured at the vendor; made from the address of this request if left out'),
  secret: secret.exactOptional().describe('Where the vendor shows it only after the set-up: later, by …/configure'),
});

export const endpointChanges = z.strictObject({
  url: url.exactOptional(),
  secret: secret.exactOptional().describe('The new key; the one before stays valid for a while'),
  keepFormerHours: z
    .int()
    .min(0)
    .max(720)
    .exactOptional()
    .describe('How long the former key stays valid; 24 if left out'),
  setup: z.enum(['open', 'closed']).exactOptional().describe('A key that is given closes the set-up'),
});

export const endpointView = z.object({
  id,
  franchiseId: id,
  franchiseeId: id.nullable(),
  systemType: z.enum(posSystemTypes),
  url: z.string().describe('What to configure at the vendor'),
  hasSecret: z.boolean(),
  setupUntil: instant.nullable(),
  verificationCode: z.string().nullable().describe("For a person to paste into the vendor's dashboard"),
  genuineAt: instant.nullable().describe('When something genuine last came, to the minute'),
  createdAt: instant,
  updatedAt: instant,
});

export const messageView = z.object({
  id,
  dedupeKey: z.string(),
  hints: z
    .array(z.object({ place: z.string(), kind: z.string(), id: z.string() }))
    .nullable()
    .describe('What it pointed to; null where it could not be read'),
  knownPlaces: z.int().describe('How many tills of ours it meant'),
  arrivals: z.int(),
  receivedAt: instant,
  replayedAt: instant.nullable(),
});

export const answer = z.object({ ok: z.literal(true) });
export const rawDelivery = z.unknown().describe('As the vendor sends it; its signature is checked over the bytes');
