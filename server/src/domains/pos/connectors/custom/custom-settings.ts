// What a till of its maker's own kind is registered with, where it is asked instead of sending by itself. Its endpoint is
// the base that the pull contract (docs/custom-till.openapi.json) hangs under.
import { z } from 'zod';
import { secretText } from '../connection-fields.ts';
import type { Connection } from '../connector.ts';

export const customCredentials = z.strictObject({
  apiKey: secretText.describe('Sent as Authorization: Bearer'),
  secretKey: secretText.exactOptional().describe('Not used for requests'),
  merchantId: z.string().max(200).exactOptional(),
});

export const customSettings = z.strictObject({
  storeId: z.string().min(1).max(200).describe("The till maker's own id of the shop, as its messages name it"),
  merchantId: z.string().max(200).exactOptional(),
});

export function authorised({ credentials }: Pick<Connection, 'credentials'>): Record<string, string> {
  return { authorization: `Bearer ${credentials['apiKey'] ?? ''}` };
}
