// The program of a process full of receivers: opens them, counts what they get, and says when everything that was
// expected has come.
import { nowUs } from '../ground/steady-clock.ts';
import { Receiver, type ReceiverOptions } from './receiver.ts';
import type { FarmAnswer, FarmOrder, OpenOrder } from './receiver-farm.ts';

const openingAtOnce = 50;

const receivers: Receiver[] = [];
let events = 0;
let expected = Number.POSITIVE_INFINITY;
const latenciesMs: number[] = [];

process.on('message', (order: FarmOrder) => {
  if (order.order === 'open') void open(order);
  else if (order.order === 'expect') {
    expected = order.events;
    tellIfComplete();
  } else if (order.order === 'report') report();
  else process.exit(0);
});
process.once('disconnect', () => process.exit(1));

async function open({ port, dialect, eventBytesMin, readsTimes, seats }: OpenOrder): Promise<void> {
  const options: ReceiverOptions = {
    port,
    dialect,
    eventBytesMin,
    onEvent() {
      events++;
      if (events >= expected) tellIfComplete();
    },
    ...(readsTimes && { onContent: noteLatency }),
  };
  const waiting = seats.entries();
  const openOneByOne = async () => {
    for (const [at, seat] of waiting) receivers[at] = await Receiver.open(options, seat);
  };
  await Promise.all(Array.from({ length: openingAtOnce }, openOneByOne));
  answer({ answer: 'opened' });
}

function tellIfComplete(): void {
  if (events < expected) return;
  expected = Number.POSITIVE_INFINITY;
  answer({ answer: 'complete', atUs: nowUs() });
}

const stamp = '"current_stock":';

/** Each event carries as its stock the moment at which it was made, in µs of the machine's steady clock. */
function noteLatency(content: Buffer): void {
  const at = content.indexOf(stamp) + stamp.length;
  latenciesMs.push((nowUs() - Number.parseInt(content.toString('latin1', at, at + 16), 10)) / 1_000);
}

function report(): void {
  const counts = receivers.map((receiver) => receiver.events);
  const reads = receivers.reduce((sum, receiver) => sum + receiver.reads, 0);
  answer({ answer: 'report', counts, reads, latenciesMs: latenciesMs.splice(0) });
}

function answer(message: FarmAnswer): void {
  process.send?.(message);
}
