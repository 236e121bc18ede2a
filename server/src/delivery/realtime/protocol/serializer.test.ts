// Both dialects against the real client's own coder, and against whatever else may arrive.
import { createClient } from '@supabase/supabase-js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Broadcast } from './message.ts';
import { serializerFor } from './serializer.ts';
import { serializerV1 } from './serializer-v1.ts';
import { serializerV2 } from './serializer-v2.ts';

const client = createClient('http://127.0.0.1:1', 'key', {
  auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
}).realtime.serializer;

/** Text of up to 255 UTF-8 bytes, with characters of every width but no lone surrogates. */
const shortText = fc.string({ unit: 'grapheme', maxLength: 60 }).filter((text) => Buffer.byteLength(text) <= 255);
const ref = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 10 });
const json = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as unknown);

function encodeAsClient(message: object): { data: Buffer; isBinary: boolean } {
  let out: string | ArrayBuffer = '';
  client.encode(message as Parameters<typeof client.encode>[0], (encoded: string | ArrayBuffer) => {
    out = encoded;
  });
  return typeof out === 'string'
    ? { data: Buffer.from(out), isBinary: false }
    : { data: Buffer.from(out), isBinary: true };
}

function decodeAsClient(encoded: string | Buffer | null): unknown {
  if (encoded === null) throw new Error('nothing was encoded');
  let out: unknown;
  const raw = typeof encoded === 'string' ? encoded : new Uint8Array(encoded).buffer;
  client.decode(raw, (message: unknown) => {
    out = message;
  });
  return out;
}

test('an absent or unknown version means 1.0.0', () => {
  expect(serializerFor(null).vsn).toBe('1.0.0');
  expect(serializerFor('3.0.0').vsn).toBe('1.0.0');
  expect(serializerFor('2.0.0').vsn).toBe('2.0.0');
});

describe('serializer 2.0.0', () => {
  test('reads every text message as the client meant it', () => {
    fc.assert(
      fc.property(
        fc.record({ joinRef: fc.option(ref), messageRef: fc.option(ref), topic: shortText, payload: json }),
        (sent) => {
          const { joinRef, messageRef, topic, payload } = sent;
          const { data, isBinary } = encodeAsClient({
            join_ref: joinRef,
            ref: messageRef,
            topic,
            event: 'phx_join',
            payload,
          });
          const expected = { joinRef, ref: messageRef, topic, event: 'phx_join', payload };
          expect(serializerV2.decode(data, isBinary)).toEqual(expected);
        },
      ),
    );
  });

  test('reads a binary broadcast with JSON, its lengths counted in UTF-8 bytes', () => {
    fc.assert(
      fc.property(
        fc.record({ joinRef: fc.option(ref), messageRef: ref, topic: shortText, event: shortText, payload: json }),
        (sent) => {
          const { joinRef, messageRef, topic, event, payload } = sent;
          const { data, isBinary } = encodeAsClient({
            join_ref: joinRef,
            ref: messageRef,
            topic,
            event: 'broadcast',
            payload: { type: 'broadcast', event, payload, persist: { ttl: 60 } },
          });
          expect(isBinary).toBe(true);
          expect(serializerV2.decode(data, isBinary)).toEqual({
            joinRef,
            ref: messageRef,
            topic,
            event: 'broadcast',
            payload: { type: 'broadcast', event, payload: payload ?? {}, persist: { ttl: 60 } },
          });
        },
      ),
    );
  });

  test('reads a binary broadcast with raw bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const { data } = encodeAsClient({
          join_ref: '1',
          ref: '2',
          topic: 'realtime:café',
          event: 'broadcast',
          payload: { type: 'broadcast', event: 'blob', payload: new Uint8Array(bytes).buffer },
        });
        const payload = serializerV2.decode(data, true)?.payload as { payload: Buffer };
        expect(payload.payload).toEqual(Buffer.from(bytes));
      }),
    );
  });

  test('writes broadcasts that the client reads back, JSON and raw, with and without meta', () => {
    fc.assert(
      fc.property(fc.record({ topic: shortText, event: shortText, value: json, hasMeta: fc.boolean() }), (said) => {
        const { topic, event, value, hasMeta } = said;
        const broadcast: Broadcast = { topic, event, content: { json: value }, ...(hasMeta && { meta: { id: '1' } }) };
        const payload = {
          type: 'broadcast',
          event,
          payload: value ?? {},
          ...(hasMeta && { meta: { id: '1' } }),
        };
        const expected = { join_ref: null, ref: null, topic, event: 'broadcast', payload };
        expect(decodeAsClient(serializerV2.encodeBroadcast(broadcast))).toEqual(expected);
      }),
    );
    const raw = serializerV2.encodeBroadcast({ topic: 't', event: 'e', content: { bytes: Buffer.from([0, 255]) } });
    expect(decodeAsClient(raw)).toMatchObject({ payload: { payload: new Uint8Array([0, 255]).buffer } });
  });

  test('falls back to text where a name does not fit into one length byte', () => {
    const event = 'é'.repeat(128);
    const encoded = serializerV2.encodeBroadcast({ topic: 't', event, content: { json: { a: 1 } } });
    expect(encoded).toBeTypeOf('string');
    expect(decodeAsClient(encoded)).toMatchObject({ event: 'broadcast', payload: { event, payload: { a: 1 } } });
  });

  test('writes pushes and replies that the client reads back', () => {
    const push = serializerV2.encodePush({ joinRef: '7', topic: 't', event: 'system', payloadJson: '{"a":1}' });
    expect(decodeAsClient(push)).toEqual({ join_ref: '7', ref: null, topic: 't', event: 'system', payload: { a: 1 } });
    const close = serializerV2.encodePush({ joinRef: '7', topic: 't', event: 'phx_close', payloadJson: '{}' });
    expect(decodeAsClient(close)).toMatchObject({ join_ref: '7', ref: '7' });
    const reply = serializerV2.encodeReply({ joinRef: '7', ref: '8', topic: 't' }, { status: 'ok', response: {} });
    expect(decodeAsClient(reply)).toEqual({
      join_ref: '7',
      ref: '8',
      topic: 't',
      event: 'phx_reply',
      payload: { status: 'ok', response: {} },
    });
  });
});

describe('serializer 1.0.0', () => {
  test('reads objects, takes absent refs as none and numeric ones as text', () => {
    const text = '{"topic":"phoenix","event":"heartbeat","payload":{},"ref":3}';
    expect(serializerV1.decode(Buffer.from(text), false)).toEqual({
      joinRef: null,
      ref: '3',
      topic: 'phoenix',
      event: 'heartbeat',
      payload: {},
    });
  });

  test('never says join_ref, and puts the join into the ref of a close', () => {
    const push = { joinRef: '7', topic: 't', payloadJson: '{}' };
    expect(JSON.parse(String(serializerV1.encodePush({ ...push, event: 'system' })))).toEqual({
      topic: 't',
      event: 'system',
      payload: {},
      ref: null,
    });
    expect(JSON.parse(String(serializerV1.encodePush({ ...push, event: 'phx_close' })))).toMatchObject({ ref: '7' });
    expect(
      JSON.parse(
        String(serializerV1.encodeReply({ joinRef: '7', ref: '8', topic: 't' }, { status: 'ok', response: {} })),
      ),
    ).toEqual({ topic: 't', event: 'phx_reply', payload: { status: 'ok', response: {} }, ref: '8' });
  });

  test('cannot carry raw bytes, and says so', () => {
    expect(serializerV1.encodeBroadcast({ topic: 't', event: 'e', content: { bytes: Buffer.of(1) } })).toBeNull();
  });
});

test('whatever arrives, decoding neither throws nor lets anything through that is no message', () => {
  const bytes = fc.uint8Array({ maxLength: 64 }).map((array) => Buffer.from(array));
  const kind3 = bytes.map((tail) => Buffer.concat([Buffer.of(3), tail]));
  const anyJson = fc.jsonValue().map((value) => Buffer.from(JSON.stringify(value)));
  fc.assert(
    fc.property(fc.oneof(bytes, kind3, anyJson), fc.boolean(), (data, isBinary) => {
      for (const serializer of [serializerV1, serializerV2]) {
        const message = serializer.decode(data, isBinary);
        if (message !== null) expect([typeof message.topic, typeof message.event]).toEqual(['string', 'string']);
      }
    }),
    { numRuns: 2_000 },
  );
});

test('a binary frame that is cut short anywhere in its head is no message', () => {
  const { data } = encodeAsClient({
    join_ref: '1',
    ref: '2',
    topic: 'realtime:room',
    event: 'broadcast',
    payload: { event: 'e', payload: {} },
  });
  const head = data.length - '{}'.length;
  for (let length = 0; length < head; length++) {
    expect(serializerV2.decode(data.subarray(0, length), true)).toBeNull();
  }
});
