// Our frames against those of `ws`, which exports its Sender without a type.
import { describe, expect, test } from 'vitest';
import { Sender } from 'ws';
import { frame } from './frame.ts';

declare module 'ws' {
  export const Sender: {
    frame(data: Buffer, options: { fin: boolean; opcode: number; mask: boolean; rsv1: boolean }): Buffer[];
  };
}

function framedByWs(data: Buffer, opcode: number): Buffer {
  return Buffer.concat(Sender.frame(data, { fin: true, opcode, mask: false, rsv1: false }));
}

describe.each([0, 1, 125, 126, 127, 65_535, 65_536, 70_001])('%i bytes', (bytes) => {
  test('of text', () => {
    const text = 't'.repeat(bytes);
    expect(frame(text).equals(framedByWs(Buffer.from(text), 1))).toBe(true);
  });

  test('that are no text', () => {
    const data = Buffer.alloc(bytes, 0xfe);
    expect(frame(data).equals(framedByWs(data, 2))).toBe(true);
  });
});

test.each([
  'ä'.repeat(63),
  '€'.repeat(30_000),
  '😀',
  'a lone \ud800 surrogate',
])('counts bytes, not characters: %.10s', (text) => {
  expect(frame(text).equals(framedByWs(Buffer.from(text), 1))).toBe(true);
});
