// Which franchise a request means. Nearly every caller belongs to one, and need not name it.
import type { Caller } from './caller.ts';
import { franchiseNotFound, franchiseRequired } from './errors.ts';
import { type Action, narrowTo } from './permissions.ts';

/**
 * The franchise named, if the caller belongs to it, else the only one in which it may do the action. Throws
 * `identity.franchise_not_found`, `identity.franchise_required` (several) or `identity.forbidden` (none).
 */
export function resolveFranchise(caller: Caller, action: Action, named: string | undefined): string {
  if (named !== undefined) {
    if (caller.reach.memberships.includes(named)) return named;
    throw franchiseNotFound(`There is no franchise ${named}.`);
  }
  const [only, ...others] = narrowTo(caller, action).reach.memberships;
  if (only !== undefined && others.length === 0) return only;
  throw franchiseRequired('The credential reaches several franchises; name the one that is meant as franchiseId.');
}
