// The server process: reads the configuration, starts everything, says where it is, and stops it all on a signal.
import { once } from 'node:events';
import { ConfigError, readConfig } from './config.ts';
import { explainFailure } from './explain-failure.ts';
import { createLogger } from './platform/logger.ts';
import { StopFailed, startServer } from './start-server.ts';

/** What did not stop may hold sockets and timers that keep the process alive, and with it the port and the database. */
const leftoversMsMax = 5_000;

async function main(): Promise<number> {
  const config = readConfig();
  const logger = createLogger({ level: config.logLevel });
  // From the first moment on: who changes his mind during the start leaves no database running either.
  const signal = toldToStop();
  try {
    const server = await startServer({ config, logger, signal });
    if (!signal.aborted) await once(signal, 'abort');
    await server.stop();
    return 0;
  } catch (error) {
    if (error instanceof StopFailed) {
      logger.error({ err: error }, 'did not stop cleanly');
      setTimeout(() => process.exit(1), leftoversMsMax).unref();
      return 1;
    }
    if (signal.aborted) return 0;
    throw error;
  }
}

/**
 * Aborted at the first signal, or when the start script that runs us has died (its channel closes). Whatever comes after
 * that changes nothing: we are draining, and its time is bounded.
 */
function toldToStop(): AbortSignal {
  const told = new AbortController();
  // A terminal that has gone must not end the drain.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => told.abort());
  process.once('disconnect', () => told.abort());
  process.channel?.unref();
  return told.signal;
}

try {
  process.exitCode = await main();
} catch (error) {
  const lines = error instanceof ConfigError ? error.problems : [explainFailure(error)];
  for (const line of lines) process.stderr.write(`tillstream: ${line}\n`);
  process.exitCode = 1;
}
