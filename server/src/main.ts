// The server process: reads the configuration, starts everything, says where it is, and stops it all on a signal.
import { once } from 'node:events';
import { ConfigError, readConfig } from './config.ts';
import { explainFailure } from './explain-failure.ts';
import { createLogger } from './platform/logger.ts';
import { startServer } from './start-server.ts';

async function main(): Promise<number> {
  const config = readConfig();
  const logger = createLogger({ level: config.logLevel });
  // From the first moment on: who changes his mind during the start leaves no database running either.
  const signal = toldToStop();
  const server = await startServer({ config, logger, signal }).catch((error) => {
    if (signal.aborted) return null;
    throw error;
  });
  if (server === null) return 0;
  if (!signal.aborted) await once(signal, 'abort');
  try {
    await server.stop();
    return 0;
  } catch (error) {
    logger.error({ err: error }, 'did not stop cleanly');
    return 1;
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
