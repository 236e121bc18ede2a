// Requests that may be sent twice: `Idempotency-Key` on any route that changes something. The answer of the first is kept
// for 24 hours by caller and key; the same request again gets that answer and does nothing.
//
// The record must say exactly what happened, or a retry after a crash does the work again. Writing it after the effect
// leaves a gap in which a kill doubles the effect; writing it before, one in which a kill loses it; a reservation with a
// lease only turns the gap into a wait for a clock. So there is no gap: a keyed request holds one transaction open
// (held-transaction.ts), the operations of its handler join it, its answer is made and serialised, the record is added as
// the last statement, and one commit keeps effect and record before the first byte of the answer is sent. Killed before
// the commit, nothing has happened; after it, the retry is answered from the record. "In flight" is an advisory lock of
// that transaction: it needs no row and no clock, and PostgreSQL drops it with the connection of a node that dies.
//
// What is kept: answers below 400, and refusals that wrote something on purpose (keepDespiteRefusal: a version conflict).
// Any other refusal is judged anew when it is sent again, and has changed nothing: its transaction is rolled back, as it
// is for failures of ours. Bodies are sealed, because an answer may hold what is shown once (a new API key).
//
// A route whose effect commits elsewhere (sales go through the lanes of the group commit) says `repeatable`: its work has
// an identity of its own, so doing it twice changes nothing, and the record is written after it. The sales route itself
// is `natural`: each sale is its own key, kept for ever, and the header is not looked at.
import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Actor } from './actor.ts';
import type { Database } from './database.ts';
import type { HeldTransaction } from './held-transaction.ts';
import type { HttpApp } from './http.ts';
import { invalidIdempotencyKey, keyReused, notConfirmed, requestInFlight } from './idempotency-errors.ts';
import {
  type FoundAnswer,
  findAnswer,
  type KeptAnswer,
  type KeyUse,
  keepAnswer,
  lockKey,
  type RecordParts,
  recordKeeper,
} from './idempotency-records.ts';
import type { Tx } from './transaction.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * Left out: the handler's transactions, all of the caller's own, are committed together with the kept answer.
     * `repeatable`: it also works as others, and doing it twice is the same as once. `natural`: keys are ignored.
     */
    idempotency?: 'repeatable' | 'natural';
  }
}

export interface IdempotencyParts extends RecordParts {
  readonly db: Database;
  /** Who sends the request; null on routes without a credential, which take no keys. */
  readonly actorOf: (request: FastifyRequest) => Actor | null;
}

const changing: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);
const printable = /^[\x20-\x7e]{1,255}$/;
const keptHeaders = ['content-type', 'etag', 'location'];

/** A request that came with a key, from its first hook to its answer. */
interface Running {
  readonly use: KeyUse;
  /** What the handler's transactions join; null on a repeatable route, and until it is known that there is no answer yet. */
  readonly held: HeldTransaction | null;
  /** Whether its answer is new, and to be kept. */
  readonly isNew: boolean;
}

/** Adds keys to all routes of the server; called when the credential is known and before the routes are added. */
export function acceptIdempotencyKeys(app: HttpApp, parts: IdempotencyParts): void {
  const asked = new WeakMap<FastifyRequest, KeyUse>();
  const running = new WeakMap<FastifyRequest, Running>();
  const here = new Set<string>();

  // Before the schemas, which turn figures into decimals: the fingerprint is of what was sent.
  app.addHook('preValidation', async (request) => {
    const use = keyUse(request, parts.actorOf);
    if (use !== null) asked.set(request, use);
  });
  app.addHook('preHandler', async (request, reply) => {
    const use = asked.get(request);
    if (use === undefined) return;
    // A second one on this node needs no connection to be told so; the lock tells those on other nodes.
    if (here.has(nameOf(use))) throw inFlight();
    here.add(nameOf(use));
    running.set(request, { use, held: null, isNew: false });
    const repeatable = request.routeOptions.config.idempotency === 'repeatable';
    const { found, held } = repeatable ? await lookUp(parts, use) : await hold(parts, use);
    if (found !== null) return replay(reply, found);
    running.set(request, { use, held, isNew: true });
  });
  // The handler starts inside `done`, and so finds the held transaction.
  app.addHook('preHandler', (request, _reply, done) => {
    const held = running.get(request)?.held;
    if (held) held.within(done);
    else done();
  });
  app.addHook('onSend', async (request, reply, payload) => {
    const ending = running.get(request);
    if (ending === undefined) return;
    running.delete(request);
    try {
      if (ending.isNew) await settle(parts, ending, { reply, payload });
    } finally {
      here.delete(nameOf(ending.use));
    }
  });
}

/** How the request uses a key; null without one, and on routes that take none. Throws `idempotency.invalid_key`. */
function keyUse(request: FastifyRequest, actorOf: IdempotencyParts['actorOf']): KeyUse | null {
  const { method, url, headers, routeOptions } = request;
  const key = headers['idempotency-key'];
  if (key === undefined || !changing.has(method) || routeOptions.config.idempotency === 'natural') return null;
  const actor = actorOf(request);
  if (actor === null) return null;
  if (typeof key !== 'string' || !printable.test(key)) {
    throw invalidIdempotencyKey('Idempotency-Key must be 1 to 255 printable ASCII characters.');
  }
  const what = JSON.stringify([method, url, headers['if-match'] ?? null, request.body ?? null]);
  return { actor, key, fingerprint: createHash('sha256').update(what).digest() };
}

const nameOf = ({ actor, key }: KeyUse): string => `${actor.id} ${key}`;

type Begun =
  | { readonly found: FoundAnswer; readonly held: null }
  | { readonly found: null; readonly held: HeldTransaction | null };

/** Begins the transaction of a request, which holds the key's lock; or finds the answer and holds nothing. */
async function hold(parts: IdempotencyParts, use: KeyUse): Promise<Begun> {
  const held = await parts.db.hold(use.actor.id);
  try {
    const found = await held.runAs(recordKeeper, async (tx) => {
      if (!(await lockKey(tx, use))) throw inFlight();
      return findAnswer(tx, parts, use);
    });
    if (found === null) return { found, held };
    await held.rollback();
    return { found: sameRequest(found, use), held: null };
  } catch (error) {
    await held.rollback();
    throw error;
  }
}

async function lookUp(parts: IdempotencyParts, use: KeyUse): Promise<Begun> {
  const found = await parts.db.transaction(recordKeeper, (tx) => findAnswer(tx, parts, use));
  return { found: found && sameRequest(found, use), held: null };
}

function sameRequest(found: FoundAnswer, { fingerprint }: KeyUse): FoundAnswer {
  if (fingerprint.equals(found.fingerprint)) return found;
  throw keyReused('The idempotency key stands for a request with another address, body or If-Match.');
}

function replay(reply: FastifyReply, { status, headers, body }: KeptAnswer): FastifyReply {
  return reply
    .code(status)
    .headers(headers)
    .header('idempotency-replayed', 'true')
    .send(body ?? undefined);
}

interface Sending {
  readonly reply: FastifyReply;
  /** The body, serialised. */
  readonly payload: unknown;
}

function answerOf({ reply, payload }: Sending): KeptAnswer {
  const body = payload ?? null;
  if (body !== null && typeof body !== 'string') throw new Error('Only texts can be kept as answers');
  const headers = Object.fromEntries(
    keptHeaders.flatMap((name) => {
      const value = reply.getHeader(name);
      return value === undefined ? [] : [[name, String(value)]];
    }),
  );
  return { status: reply.statusCode, headers, body };
}

/** Ends what the request began: effect and answer are kept together, or neither is. */
async function settle(parts: IdempotencyParts, { use, held }: Running, sending: Sending): Promise<void> {
  const { statusCode: status } = sending.reply;
  const isKept = status < 400 || (status < 500 && held?.keepsDespiteRefusal === true);
  if (!isKept) return held?.rollback();
  const keep = async (tx: Tx) => keepAnswer(tx, parts, { use, answer: answerOf(sending) });
  if (held === null) return parts.db.transaction(recordKeeper, keep);
  try {
    await held.runAs(recordKeeper, keep);
    await held.commit();
  } catch (cause) {
    await held.rollback();
    // Whether the commit came about is not known here. The record knows: it is there if the effect is.
    throw notConfirmed('The database did not confirm that the request was carried out.', {
      cause,
      headers: { 'retry-after': '1' },
    });
  }
}

function inFlight() {
  const detail = 'A request with this idempotency key has not been answered yet.';
  return requestInFlight(detail, { headers: { 'retry-after': '1' } });
}
