// Edits as HTTP speaks of them: an answer's ETag is the version in quotes, an edit sends it back as If-Match, and its body
// is the fields to change.
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { versionMalformed, versionRequired } from './versioned-update-errors.ts';

/** Documents the header of an edit. Whether it is there and what it says is judged by expectedVersion, with its own codes. */
export const ifMatchHeader = z.looseObject({
  'if-match': z.string().max(200).exactOptional().describe('The ETag of the state that is edited, e.g. `"3"`; needed'),
});

/** The body of an edit: every field optional, one at least, others refused. A field that is left out stays as it is. */
export function changesOf<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  return z.strictObject(shape).refine((changes) => Object.keys(changes).length > 0, {
    message: 'must change at least one field',
    // A body of unknown fields alone is refused for those.
    when: ({ issues }) => issues.length === 0,
  });
}

export function entityTag(version: number): string {
  return `"${version}"`;
}

/** The answer with the ETag of what it shows. */
export function sendVersioned<T extends { readonly version: number }>(reply: FastifyReply, view: T): FastifyReply {
  return reply.header('etag', entityTag(view.version)).send(view);
}

/** 201 with the path under which the new thing is to be found from now on. */
export function sendCreated<T extends { readonly version: number }>(
  reply: FastifyReply,
  location: string,
  view: T,
): FastifyReply {
  return sendVersioned(reply.code(201).header('location', location), view);
}

const versionMax = 2 ** 31 - 1;

/**
 * The version that If-Match names. A weak tag (`W/"3"`) counts as its number: our tags stand for a state and not for
 * bytes, and proxies that compress weaken them on the way. Throws `version.required` without one and for `*`,
 * `version.malformed` for anything else, lists included: an edit is made of one state.
 */
export function expectedVersion(headers: { readonly 'if-match'?: string | undefined }): number {
  const given = headers['if-match']?.trim();
  if (given === undefined || given === '') throw versionRequired('The request has no If-Match header.');
  if (given === '*') throw versionRequired('If-Match: * says nothing about the state that you have seen.');
  const [, digits] = /^(?:W\/)?"([1-9]\d{0,9})"$/.exec(given) ?? [];
  const version = Number(digits);
  if (digits === undefined || version > versionMax) throw versionMalformed('If-Match must be one ETag such as "3".');
  return version;
}
