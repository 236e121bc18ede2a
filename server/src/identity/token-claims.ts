// What a verified token says, whoever issued it.
import type { JWTPayload } from 'jose';
import { invalidToken } from './errors.ts';

export interface TokenClaims {
  readonly userId: string;
  readonly expiresAt: Date;
}

/** The role of a person who has signed in; Supabase's other ones (anon, service_role) are nobody here. */
export const tokenRole = 'authenticated';
const userIdPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Throws `identity.invalid_token`. A token without a role is taken: only Supabase and we put one in. */
export function readClaims({ sub, exp, role }: JWTPayload): TokenClaims {
  if (role !== undefined && role !== tokenRole) throw invalidToken(`The token's role is not "${tokenRole}".`);
  if (sub === undefined || !userIdPattern.test(sub)) throw invalidToken("The token's sub is not a user's id.");
  const expiresAt = new Date((exp ?? Number.NaN) * 1000);
  // An end beyond what a Date holds would compare as never reached, nor as passed.
  if (Number.isNaN(expiresAt.getTime())) throw invalidToken("The token's exp is not an instant.");
  return { userId: sub.toLowerCase(), expiresAt };
}
