// What the gateway counts. Plain numbers, because they are touched for every delivery; metrics.ts shows them.

export class GatewayStatistics {
  sockets = 0;
  channels = 0;
  deliveries = 0;
  messagesReceived = 0;
  messagesUnreadable = 0;
  joinsRefused = 0;
  handshakesRefused = 0;
  closedSlow = 0;
  closedIdle = 0;
  closedFlooding = 0;
}
