import { expect, test } from 'vitest';
import { sendWithRetries } from './retry.ts';

const address = 'http://127.0.0.1/v1/products';

/** Answers in turn; an Error is thrown like a broken connection. Keeps what it was sent. */
function answering(...answers: (Response | Error)[]) {
  const sent: { key: string | null; body: string }[] = [];
  const send = async (request: Request): Promise<Response> => {
    sent.push({ key: request.headers.get('idempotency-key'), body: await request.text() });
    const answer = answers.shift();
    if (answer === undefined) throw new Error('asked too often');
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return { sent, send };
}

const post = () => new Request(address, { method: 'POST', body: '{"sku":"A"}' });
const later = (status: number, seconds: string) => new Response(null, { status, headers: { 'retry-after': seconds } });

test('a write is sent again with the same key and body until it is answered', async () => {
  const { sent, send } = answering(new TypeError('fetch failed'), later(503, '0'), new Response('{}', { status: 201 }));
  expect((await sendWithRetries(post(), send, 2)).status).toBe(201);
  expect(new Set(sent.map(({ key }) => key)).size).toBe(1);
  expect(sent[0]?.key).toMatch(/^[0-9a-f]{32}$/);
  expect(sent.map(({ body }) => body)).toEqual(Array(3).fill('{"sku":"A"}'));
});

test('a read carries no key, and the program’s own key is kept', async () => {
  const read = answering(new Response('{}'));
  await sendWithRetries(new Request(address), read.send, 2);
  expect(read.sent[0]?.key).toBeNull();
  const write = answering(new Response('{}'));
  const keyed = new Request(address, { method: 'POST', headers: { 'idempotency-key': 'mine' } });
  await sendWithRetries(keyed, write.send, 2);
  expect(write.sent[0]?.key).toBe('mine');
});

test('what is final is handed over at once: refusals, conflicts, and a wait too long to sit out', async () => {
  for (const answer of [new Response(null, { status: 422 }), new Response(null, { status: 409 }), later(503, '60')]) {
    const { sent, send } = answering(answer);
    expect(await sendWithRetries(post(), send, 3)).toBe(answer);
    expect(sent).toHaveLength(1);
  }
});

test('a request whose first attempt is still being worked on is asked for again', async () => {
  const { sent, send } = answering(later(409, '0'), new Response('{}', { status: 201 }));
  expect((await sendWithRetries(post(), send, 1)).status).toBe(201);
  expect(sent).toHaveLength(2);
});

test('the last failure is the caller’s, and a cancelled request is not sent again', async () => {
  const broken = answering(new TypeError('one'), new TypeError('two'));
  await expect(sendWithRetries(post(), broken.send, 1)).rejects.toThrow('two');
  const cancelled = new AbortController();
  cancelled.abort();
  const once = answering(new TypeError('aborted'));
  await expect(sendWithRetries(new Request(address, { signal: cancelled.signal }), once.send, 3)).rejects.toThrow(
    'aborted',
  );
  expect(once.sent).toHaveLength(1);
});
