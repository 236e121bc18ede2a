// A vendor's answer, taken apart into documents. Numbers stay the text they were written as, through parsing and writing
// down again, so a document says exactly what the vendor said (vendor-json.ts reads it later).
import { VendorFailure } from './vendor-failure.ts';

// Part of the language, but not yet of TypeScript's description of it.
const rawJson = (JSON as JSON & { rawJSON(text: string): object }).rawJSON;

function keepNumber(_key: string, value: unknown, ...[context]: { readonly source?: string }[]): unknown {
  return typeof value === 'number' && context?.source !== undefined ? rawJson(context.source) : value;
}

export type AnswerObject = { readonly [key: string]: unknown };

/** Throws VendorFailure `malformed` for what is no JSON. */
export function readAnswer(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body), keepNumber);
  } catch (error) {
    throw new VendorFailure('malformed', "The vendor's answer is no JSON.", { cause: error });
  }
}

export function readAnswerObject(body: Uint8Array): AnswerObject {
  const answer = readAnswer(body);
  if (isAnswerObject(answer)) return answer;
  throw new VendorFailure('malformed', "The vendor's answer is no JSON object.");
}

export function isAnswerObject(value: unknown): value is AnswerObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The objects of a list; what is absent is an empty one, and what is no object is left out. */
export function objectsIn(value: unknown): AnswerObject[] {
  return Array.isArray(value) ? value.filter(isAnswerObject) : [];
}

/** A text, or a number as its text; else null. */
export function textIn(object: AnswerObject | null | undefined, key: string): string | null {
  const value = object?.[key];
  if (typeof value === 'string') return value === '' ? null : value;
  return isAnswerObject(value) && 'rawJSON' in value ? String(value['rawJSON']) : null;
}

export function objectIn(object: AnswerObject | null | undefined, key: string): AnswerObject | null {
  const value = object?.[key];
  return isAnswerObject(value) ? value : null;
}

export function documentBytes(parts: AnswerObject): Buffer {
  return Buffer.from(JSON.stringify(parts));
}
