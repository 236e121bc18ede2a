// The process of a herd: does what it is told over its parent's pipe, one answer for each order.
import type { Committed } from '../harness/delivery-checker.ts';
import { Herd, type HerdOptions } from './herd.ts';

export type HerdOrder =
  | { readonly do: 'open'; readonly options: HerdOptions }
  | { readonly do: 'drop' | 'expect return' | 'returned' | 'take latencies' | 'cpu seconds' }
  | { readonly do: 'judge'; readonly committed: readonly (readonly [string, readonly Committed[]])[] };

const herd = new Herd();

process.on('message', (order: HerdOrder) => {
  carryOut(order).then(
    (answer) => process.send?.({ answer }),
    (error: unknown) => process.send?.({ failed: error instanceof Error ? error.message : String(error) }),
  );
});
process.on('disconnect', () => process.exit());

async function carryOut(order: HerdOrder): Promise<unknown> {
  switch (order.do) {
    case 'open':
      return herd.open(order.options);
    case 'drop':
      return herd.drop();
    case 'expect return':
      return herd.expectReturn();
    case 'returned':
      return herd.returned();
    case 'take latencies':
      return herd.takeLatencies();
    case 'cpu seconds':
      return herd.cpuSeconds();
    case 'judge':
      return herd.judge(new Map(order.committed));
  }
}
