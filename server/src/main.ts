// The server process: reads the configuration, starts everything, says where it is, and stops it all on a signal.
import { ConfigError, readConfig } from './config.ts';
import { createLogger } from './platform/logger.ts';
import { startServer } from './start-server.ts';

async function main(): Promise<number> {
  const config = readConfig();
  const logger = createLogger({ level: config.logLevel });
  // From the first moment on: who changes his mind during the start leaves no database running either.
  const told = toldToStop();
  const server = await startServer(config, logger);
  await told;
  try {
    await server.stop();
    return 0;
  } catch (error) {
    logger.error({ err: error }, 'did not stop cleanly');
    return 1;
  }
}

/**
 * Resolves at the first signal, or when the start script that runs us has died (its channel closes). Whatever comes after
 * that changes nothing: we are draining, and its time is bounded.
 */
function toldToStop(): Promise<void> {
  // A terminal that has gone must not end the drain.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve());
    process.once('disconnect', () => resolve());
    process.channel?.unref();
  });
}

try {
  process.exitCode = await main();
} catch (error) {
  const lines =
    error instanceof ConfigError ? error.problems : [error instanceof Error ? error.message : String(error)];
  for (const line of lines) process.stderr.write(`tillstream: ${line}\n`);
  process.exitCode = 1;
}
