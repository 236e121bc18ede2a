// The wire shapes of a consent: what begins it, where the merchant goes, and what the browser comes back with.
import { z } from 'zod';
import { newSystem } from '../systems/schema.ts';

const vendorText = z.string().min(1).max(4_096);

export const newConsent = z
  .strictObject({
    system: newSystem
      .omit({ credentials: true })
      .exactOptional()
      .describe('The till to register when the merchant has agreed; without credentials, which come from the vendor'),
    posSystemId: z.uuid().toLowerCase().exactOptional().describe('Or a till that is there already, to connect anew'),
    clientId: vendorText.describe('Of your app at the vendor'),
    clientSecret: vendorText.exactOptional().describe('Left out for a public app at Square, which is held to PKCE'),
    redirectUrl: z
      .url({ protocol: /^https?$/ })
      .max(2_000)
      .describe(
        "A page of yours, as configured for your app at the vendor: where the merchant's browser comes back to",
      ),
  })
  .refine(({ system, posSystemId }) => (system === undefined) !== (posSystemId === undefined), {
    message: 'either system or posSystemId',
    path: ['system'],
  });

export type NewConsent = z.output<typeof newConsent>;

export const begunConsentView = z.object({
  consentUrl: z.url().describe("The vendor's page: send the merchant's browser there"),
  expiresAt: z.iso.datetime().describe('When it is too late to come back'),
});

export const returnedConsent = z.strictObject({
  state: z.string().min(1).max(200).describe('As it came back in the address'),
  code: vendorText.describe('As it came back in the address'),
  merchantId: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,100}$/)
    .exactOptional()
    .describe('`merchant_id` of the address, which Clover adds'),
});

export type ReturnedConsent = z.output<typeof returnedConsent>;
