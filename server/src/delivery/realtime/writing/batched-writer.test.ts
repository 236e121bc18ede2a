// The write path on real sockets of the kernel.
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { setImmediate as nextTick } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { BatchedWriter, WriteScheduler } from './batched-writer.ts';

let server: Server;
let ours: Socket;
let theirs: Socket;
let scheduler: WriteScheduler;
let isOpen: boolean;
let overflows: number;
let nowMs: number;

beforeEach(async () => {
  server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  theirs = connect(address.port, '127.0.0.1');
  [ours] = (await once(server, 'connection')) as [Socket];
  theirs.pause();
  [isOpen, overflows, nowMs] = [true, 0, 5];
  scheduler = new WriteScheduler({ queueBytesMax: 1_048_576, nowMs: () => nowMs });
});

afterEach(async () => {
  ours.destroy();
  theirs.destroy();
  await new Promise((resolve) => server.close(resolve));
});

function makeWriter(queueBytesMax?: number, socket = ours): BatchedWriter {
  if (queueBytesMax !== undefined) scheduler = new WriteScheduler({ queueBytesMax, nowMs: () => nowMs });
  return new BatchedWriter(socket, scheduler, { isOpen: () => isOpen, overflowed: () => void overflows++ });
}

/** The chunks that the stream hands to the kernel: one for each write. */
function watchWrites(socket: Socket): Buffer[] {
  const chunks: Buffer[] = [];
  const { write } = socket;
  socket.write = (chunk: Buffer) => {
    chunks.push(chunk);
    return write.call(socket, chunk);
  };
  return chunks;
}

async function received(bytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  theirs.resume();
  for await (const [chunk] of on(theirs)) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= bytes) break;
  }
  return Buffer.concat(chunks);
}

async function* on(socket: Socket): AsyncGenerator<[Buffer]> {
  for (;;) yield (await once(socket, 'data')) as [Buffer];
}

test('what a tick owes leaves in one write, in order, at its end', async () => {
  const writes = watchWrites(ours);
  const writer = makeWriter();
  for (const text of ['a', 'b', 'c']) writer.push(Buffer.from(text));
  expect(writes).toEqual([]);
  expect(scheduler.queuedBytes).toBe(3);
  await nextTick();
  writer.push(Buffer.from('d'));
  await nextTick();
  expect(writes.map(String)).toEqual(['abc', 'd']);
  expect(scheduler.queuedBytes).toBe(0);
  expect(String(await received(4))).toBe('abcd');
});

test('sockets that are owed the same frames share the joined bytes', async () => {
  const other = connect((server.address() as { port: number }).port, '127.0.0.1');
  const [second] = (await once(server, 'connection')) as [Socket];
  const writes = [watchWrites(ours), watchWrites(second)];
  const frames = [Buffer.from('one'), Buffer.from('two')];
  const writers = [makeWriter(), makeWriter(undefined, second)];
  for (const frame of frames) for (const writer of writers) writer.push(frame);
  await nextTick();
  expect(String(writes[0]?.[0])).toBe('onetwo');
  expect(writes[0]?.[0]).toBe(writes[1]?.[0]);
  other.destroy();
  second.destroy();
});

test('a socket that takes no more is left alone until it drains, and loses nothing', async () => {
  const writes = watchWrites(ours);
  const writer = makeWriter(64 * 1_048_576);
  const frame = Buffer.alloc(60_000, 'x');
  let pushed = 0;
  while (writer.blockedSinceMs === null) {
    writer.push(frame);
    pushed++;
    await nextTick();
  }
  expect(writer.blockedSinceMs).toBe(5);
  const writesUntilBlocked = writes.length;
  for (let n = 0; n < 10; n++) {
    writer.push(frame);
    pushed++;
    await nextTick();
  }
  expect(writes).toHaveLength(writesUntilBlocked);
  expect(scheduler.queuedBytes).toBe(10 * frame.length);
  nowMs = 9;
  expect(await received(pushed * frame.length)).toHaveLength(pushed * frame.length);
  expect(scheduler.queuedBytes).toBe(0);
});

test('a burst within one tick is offered to a healthy socket before it counts as too much', async () => {
  const writer = makeWriter(200_000);
  const length = 150_000;
  theirs.resume();
  for (let n = 0; n < 3; n++) writer.push(Buffer.alloc(length, n));
  expect(overflows).toBe(0);
  await nextTick();
  expect(scheduler.queuedBytes).toBe(0);
});

test('at the bound, which counts what the kernel has not taken, everything is dropped and told once', async () => {
  const writer = makeWriter(500_000);
  const frame = Buffer.alloc(100_000, 'x');
  let pushed = 0;
  while (overflows === 0) {
    writer.push(frame);
    expect(scheduler.queuedBytes + ours.writableLength).toBeLessThanOrEqual(500_000);
    expect(++pushed).toBeLessThan(1_000);
    await nextTick();
  }
  for (let n = 0; n < 20; n++) writer.push(frame);
  await nextTick();
  expect(overflows).toBe(1);
  expect(scheduler.queuedBytes).toBe(0);
});

test('flushAndEnd hands over what is owed at once and takes nothing afterwards', async () => {
  const writes = watchWrites(ours);
  const writer = makeWriter();
  writer.push(Buffer.from('last words'));
  writer.flushAndEnd();
  writer.push(Buffer.from('too late'));
  await nextTick();
  expect(writes.map(String)).toEqual(['last words']);
});

test('nothing is written once a close frame has gone out', async () => {
  const writes = watchWrites(ours);
  const writer = makeWriter();
  writer.push(Buffer.from('behind the close'));
  isOpen = false;
  await nextTick();
  writer.push(Buffer.from('and more'));
  await nextTick();
  expect(writes).toEqual([]);
  expect(scheduler.queuedBytes).toBe(0);
});

test('what waits for the end of the tick is called once, behind the writes', async () => {
  const writes = watchWrites(ours);
  let written: number | null = null;
  scheduler.afterFlush(() => {
    written = writes.length;
  });
  makeWriter().push(Buffer.from('owed later in the same tick'));
  expect(written).toBe(null);
  await nextTick();
  expect(written).toBe(1);
  written = null;
  makeWriter().push(Buffer.from('in another tick'));
  await nextTick();
  expect(written).toBe(null);
});

test('many sockets are written to in slices, between which others have their turn', async () => {
  const streams = Array.from({ length: 1_000 }, () => new PassThrough());
  const writers = streams.map(
    (stream) => new BatchedWriter(stream, scheduler, { isOpen: () => true, overflowed() {} }),
  );
  const written = () => streams.filter(({ readableLength }) => readableLength > 0).length;
  let isWritten = false;
  for (const writer of writers) writer.push(Buffer.from('one'));
  scheduler.afterFlush(() => {
    isWritten = true;
  });
  await nextTick();
  expect(written()).toBeGreaterThan(0);
  expect(written()).toBeLessThan(streams.length);
  expect(isWritten).toBe(false);
  // The next message comes while the first is being written: each socket gets both, in order.
  for (const writer of writers) writer.push(Buffer.from('two'));
  await new Promise<void>((resolve) => scheduler.afterFlush(resolve));
  expect(isWritten).toBe(true);
  const texts = streams.map((stream) => [stream.read(), stream.read()].join(''));
  expect(new Set(texts)).toEqual(new Set(['onetwo']));
  expect(scheduler.queuedBytes).toBe(0);
});
