// How a part's failure comes into the log: as an error with its stack, unless it is what a part is told on purpose.
import { epochPendingError, resyncError } from './events/index.ts';
import type { Logger } from './platform/logger.ts';

/** Makes what a part calls with whatever its work failed of. */
export function createReport(logger: Logger): (part: string) => (error: unknown) => void {
  return (part) => (error) => {
    // A new epoch is begun by an operator, or follows a restore; each part goes on in it by itself.
    if (resyncError.is(error) || epochPendingError.is(error))
      logger.warn({ part }, `${part} begins anew: ${error.message}`);
    else logger.error({ part, err: error }, `${part} failed`);
  };
}
