// One screen: a WebSocket that speaks Supabase's protocol 2.0.0 and subscribes to the sales of one shop, as the seed's
// sketch does. Raw instead of realtime-js, because two hundred of those in one process would be what is measured.
import { once } from 'node:events';
import WebSocket from 'ws';

const heartbeatMs = 20_000;
const saleSeen = /"type":"INSERT".*"external_transaction_id":"([^"]+)"/;

export interface Screen {
  close(): void;
}

/** Opens and joins; `onSale` hears of each new sale's external id. Rejects where the server refuses the join. */
export async function openScreen(
  server: { readonly url: string; readonly key: string },
  locationId: string,
  onSale: (externalId: string) => void,
): Promise<Screen> {
  const address = `${server.url.replace('http', 'ws')}/realtime/v1/websocket?apikey=${server.key}&vsn=2.0.0`;
  const socket = new WebSocket(address, { perMessageDeflate: false });
  await once(socket, 'open');
  const topic = `realtime:location:${locationId}`;
  const change = { event: '*', schema: 'public', table: 'pos_transactions', filter: `location_id=eq.${locationId}` };
  const joined = Promise.withResolvers<void>();
  socket.on('message', (data: Buffer) => {
    const text = data.toString();
    const [, externalId] = saleSeen.exec(text) ?? [];
    if (externalId !== undefined) onSale(externalId);
    else if (text.includes('"phx_reply"') && text.includes('"1","1"')) {
      if (text.includes('"status":"ok"')) joined.resolve();
      else joined.reject(new Error(`A screen was refused: ${text}`));
    }
  });
  socket.on('close', (code) => joined.reject(new Error(`A screen was closed with ${code}.`)));
  socket.send(JSON.stringify(['1', '1', topic, 'phx_join', { config: { postgres_changes: [change] } }]));
  await joined.promise;
  const heartbeat = setInterval(() => {
    socket.send(JSON.stringify([null, '2', 'phoenix', 'heartbeat', {}]));
  }, heartbeatMs);
  return {
    close() {
      clearInterval(heartbeat);
      socket.terminate();
    },
  };
}
