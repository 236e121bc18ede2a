// A herd as its parent sees it: a process of its own, so that thousands of clients do not take the processor of who measures.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Committed, DeliveryVerdict } from '../harness/delivery-checker.ts';
import type { HerdOptions, Latencies } from './herd.ts';
import type { HerdOrder } from './run-herd.ts';

export interface HerdProcess {
  /** See Herd, of which these are the members. */
  drop(): Promise<void>;
  expectReturn(): Promise<void>;
  returned(): Promise<number>;
  takeLatencies(): Promise<Latencies>;
  cpuSeconds(): Promise<number>;
  judge(committed: ReadonlyMap<string, readonly Committed[]>): Promise<DeliveryVerdict[]>;
  /** SIGSTOP: its screens read nothing any more, and say nothing; until SIGCONT. */
  freeze(): void;
  thaw(): void;
  close(): Promise<void>;
}

/** Resolves when all of its screens are live. */
export async function openHerd(options: HerdOptions): Promise<HerdProcess> {
  const child = fork(fileURLToPath(new URL('run-herd.ts', import.meta.url)), { stdio: 'inherit', execArgv: [] });
  const herd: HerdProcess = {
    drop: () => order<void>(child, { do: 'drop' }),
    expectReturn: () => order<void>(child, { do: 'expect return' }),
    returned: () => order<number>(child, { do: 'returned' }),
    cpuSeconds: () => order<number>(child, { do: 'cpu seconds' }),
    takeLatencies: () => order<Latencies>(child, { do: 'take latencies' }),
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    judge: (committed) => order<DeliveryVerdict[]>(child, { do: 'judge', committed: [...committed] }),
    async close() {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
  try {
    await order(child, { do: 'open', options });
  } catch (error) {
    await herd.close();
    throw error;
  }
  return herd;
}

/** One at a time. */
async function order<Answer>(child: ChildProcess, what: HerdOrder): Promise<Answer> {
  const over = new AbortController();
  const { signal } = over;
  const ended = once(child, 'exit', { signal }).then(() => {
    throw new Error('The herd has ended');
  });
  const answered = once(child, 'message', { signal }) as Promise<[{ answer?: Answer; failed?: string }]>;
  child.send(what);
  const [{ answer, failed }] = await Promise.race([answered, ended]);
  ended.catch(() => undefined);
  over.abort();
  if (failed !== undefined) throw new Error(failed);
  return answer as Answer;
}
