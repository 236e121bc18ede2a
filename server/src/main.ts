// The server process: reads the configuration, starts everything, says where it is, and stops it all on a signal.
import { ConfigError, readConfig } from './config.ts';
import { createLogger } from './platform/logger.ts';
import { startServer } from './start-server.ts';

async function main(): Promise<number> {
  const config = readConfig();
  const logger = createLogger({ level: config.logLevel });
  const stopped = Promise.withResolvers<number>();
  const server = await startServer(config, logger);
  let stopping = false;
  const stop = (): void => {
    // Further signals change nothing: the first already drains, and its time is bounded.
    if (stopping) return;
    stopping = true;
    server.stop().then(
      () => stopped.resolve(0),
      (error) => {
        logger.error({ err: error }, 'did not stop cleanly');
        stopped.resolve(1);
      },
    );
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return stopped.promise;
}

try {
  process.exitCode = await main();
} catch (error) {
  const lines =
    error instanceof ConfigError ? error.problems : [error instanceof Error ? error.message : String(error)];
  for (const line of lines) process.stderr.write(`tillstream: ${line}\n`);
  process.exitCode = 1;
}
