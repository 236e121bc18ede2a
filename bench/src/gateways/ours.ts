// Ours, as a node with the role `gateway` runs it: the relay and the log's stream, sign-in, and the gateway, on a database
// of its own. What the feed says is only the word "something was committed", which other nodes would bring by NATS.
import { createServer } from 'node:http';
import {
  createAuthenticator,
  createInProcessBus,
  createLogStream,
  createMetrics,
  createPlaces,
  createRealtimeGateway,
  createRelay,
  Database,
  poolUrl,
  RecentEvents,
  recogniseSubscribers,
  systemClock,
} from '@tillstream/server/measured';
import { serveGateway } from './serve-gateway.ts';
import { tokenSecret } from './token-secret.ts';

await serveGateway(async (ownerUrl) => {
  const onError = (error: unknown) => console.error(error);
  const db = new Database({ url: poolUrl(ownerUrl) });
  const bus = createInProcessBus();
  const relay = createRelay({ db, bus, onError });
  const stream = createLogStream({ db, bus, recent: new RecentEvents(), onError });
  const authenticator = createAuthenticator({ db, clock: systemClock, tokenSecret });
  const server = createServer();
  const gateway = createRealtimeGateway({
    server,
    bus: stream,
    log: stream,
    subscribers: recogniseSubscribers({ db, authenticator, places: createPlaces({ db, clock: systemClock }) }),
    onError,
    metrics: createMetrics(),
  });
  for (const service of [relay, stream, gateway]) await service.start();
  return {
    server,
    take() {
      relay.wake();
      stream.wake();
    },
    async stop() {
      await relay.stop();
      await stream.stop();
      await db.close();
    },
  };
});
