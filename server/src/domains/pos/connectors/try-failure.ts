// What went wrong when a connection was tried, in words for the person who is registering the till.
import type { FailedTrial } from './connector.ts';
import { VendorFailure } from './vendor-failure.ts';

export interface TriedNames {
  /** The make, as people write it. */
  readonly make: string;
  /** The fields that hold the token and the merchant, location or restaurant. */
  readonly tokenField: string;
  readonly placeField: string;
}

/** Turns a VendorFailure into a problem; throws anything else on. */
export function triedFailure(error: unknown, { make, tokenField, placeField }: TriedNames): FailedTrial {
  if (!(error instanceof VendorFailure)) throw error;
  const problems: Record<VendorFailure['kind'], readonly [string, string | null]> = {
    unauthorised: [`${make} does not take the token: it is wrong, expired or revoked.`, tokenField],
    forbidden: [`${make} knows the token, but it lacks the right to read sales, items and the shop.`, tokenField],
    not_found: [`${make} knows no such ${placeField} for this token.`, placeField],
    rate_limited: [`${make} answers no more requests for now; try again in a minute.`, null],
    unavailable: [`${make} cannot be reached at the moment; try again, and check the endpoint.`, 'apiEndpoint'],
    refused: [`${make} refused the request.`, placeField],
    malformed: [`What answers at the endpoint is not ${make}.`, 'apiEndpoint'],
  };
  const [problem, field] = problems[error.kind];
  return { ok: false, problem: error.status === null ? problem : `${problem} ${error.message}`, field };
}
