// Sends requests under idempotency keys, each until it is answered 201, however often the server dies meanwhile.
import { expect } from 'vitest';
import type { KillableServer } from '../faults/kill-driver.ts';
import { type HttpAnswer, type HttpCaller, openCaller } from '../harness/http-caller.ts';
import type { Life } from './life.ts';

type Request = Parameters<HttpCaller['call']>[1];

export interface KeyedSender {
  /** Requests go one after the other. */
  send(what: string, request: Request): Promise<HttpAnswer>;
  close(): void;
}

export function openSender(to: {
  readonly server: KillableServer;
  readonly life: Life;
  readonly key: string;
}): KeyedSender {
  const { server, life, key } = to;
  let caller = openCaller(server.url, key);
  return {
    async send(what, request) {
      for (;;) {
        const answer = await caller.call(what, request).catch(() => null);
        if (answer?.status === 201) {
          life.answered(answer.headers['idempotency-replayed'] === 'true');
          return answer;
        }
        // A request of the life before may still be dying; anything else would be a refusal that nobody expects.
        if (answer !== null) expect([409, 503], JSON.stringify(answer.body)).toContain(answer.status);
        else {
          caller.close();
          await life.isUp();
          caller = openCaller(server.url, key);
        }
      }
    },
    close: () => caller.close(),
  };
}
