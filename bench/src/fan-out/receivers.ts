// The thousand receivers of a contender.
import { ReceiverFarm } from '../sockets/receiver-farm.ts';
import type { Contender } from './contenders.ts';

export const socketsCount = 1_000;
/** Of every kind of frame but events, the largest is shorter. */
const eventBytesMin = 320;

export async function openFarm(
  { gateway, dialect }: Contender,
  seats: Parameters<typeof ReceiverFarm.open>[1],
): Promise<ReceiverFarm> {
  return ReceiverFarm.open({ port: gateway.port, dialect, eventBytesMin, readsTimes: false }, seats);
}

/** A figure of deliveries that were lost or doubled would be none. */
export function requireExact(counts: readonly number[], expected: number): void {
  const wrong = counts.filter((count) => count !== expected);
  if (wrong.length > 0) {
    throw new Error(`${wrong.length} of ${counts.length} sockets got ${wrong[0]} instead of ${expected} events.`);
  }
}
