// A window's pages from where it was left. What a vendor gave as the place to go on at may have gone stale meanwhile, and
// would be refused for ever: the window then begins anew, once, and what it brings again changes nothing.
import type { ChangePage, ChangeWindow } from '../connectors/connector.ts';
import { VendorFailure } from '../connectors/vendor-failure.ts';
import type { TillRun } from './till-run.ts';

/** Throws VendorFailure. */
export async function* readChanges(
  { open: { connector, connection } }: Pick<TillRun, 'open'>,
  window: ChangeWindow,
  resumeAt: string | null,
): AsyncGenerator<ChangePage> {
  let place = resumeAt;
  for (let isAnew = false; ; isAnew = true) {
    try {
      for await (const page of connector.fetchChanges(connection, window, place)) {
        yield page;
        place = page.resumeAt;
      }
      return;
    } catch (error) {
      if (isAnew || place === null || !isRefused(error)) throw error;
      place = null;
    }
  }
}

function isRefused(error: unknown): boolean {
  return error instanceof VendorFailure && (error.kind === 'refused' || error.kind === 'not_found');
}
