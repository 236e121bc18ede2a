// The samples of events (src/events/samples): one file a kind and version of its payload, written once, never edited. Each
// holds an event as the log kept it, and the shape that events of its kind had when it was made.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { catalogue, type EventType, feedTables } from '../../src/events/index.ts';
import type { EventRow } from './happenings.ts';

const folder = new URL('../../src/events/samples/', import.meta.url);

/** A JSON Schema, as far as the catalogue makes use of it. */
export interface Shape {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly required?: readonly string[];
  readonly items?: Shape;
  readonly [keyword: string]: unknown;
}

/** What readers of one kind of event go by. */
export interface EventShape {
  /** Of change_data. */
  readonly payload: Shape;
  /** Of the record, by name. */
  readonly columns: Readonly<Record<string, string>>;
}

export interface Sample extends EventShape {
  readonly kind: string;
  /** Counts the shapes that the kind has had, from 1. */
  readonly version: number;
  /** The row of sync_events, as to_jsonb shows it. */
  readonly event: EventRow;
}

/** All samples that there are, by kind and version. */
export function readSamples(): Sample[] {
  return readdirSync(folder)
    .map((name): Sample => {
      const [, kind = '', version = ''] = /^(.+)\.(\d+)\.json$/.exec(name) ?? [];
      return { kind, version: Number(version), ...JSON.parse(readFileSync(new URL(name, folder), 'utf8')) };
    })
    .sort((a, b) => a.kind.localeCompare(b.kind) || a.version - b.version);
}

/** Only for a version that has no sample yet. */
export function writeSample({ kind, version, ...content }: Sample): void {
  const text = `${JSON.stringify(content, null, 2)}\n`;
  writeFileSync(new URL(`${kind}.${version}.json`, folder), text, { flag: 'wx' });
}

/** The shape that the catalogue gives the kind today. */
export function shapeToday(kind: EventType): EventShape {
  const { changeData, table } = catalogue[kind];
  return { payload: withoutPatterns(z.toJSONSchema(changeData) as Shape), columns: feedTables[table].columns };
}

/** A format says it already, and the library words its regular expressions anew from time to time. */
function withoutPatterns(shape: Shape): Shape {
  const text = JSON.stringify(shape, (_, value: Shape | undefined) => {
    if (typeof value !== 'object' || value === null || !('format' in value)) return value;
    const { pattern: _pattern, ...rest } = value;
    return rest;
  });
  return JSON.parse(text);
}

/** Where the later shape is more than the earlier one with optional fields added: a reader of the one fails at the other. */
export function breaksBetween(earlier: Shape, later: Shape, path = 'change_data'): string[] {
  const { properties: had = {}, required: needed = [], items: hadItems, ...before } = earlier;
  const { properties: has = {}, required: needs = [], items: hasItems, ...after } = later;
  return [
    ...(isSame(before, after) ? [] : [`${path} was ${JSON.stringify(before)}, is ${JSON.stringify(after)}`]),
    ...Object.entries(had).flatMap(([name, shape]) => {
      const at = `${path}.${name}`;
      if (has[name] === undefined) return [`${at} is gone`];
      const changed = needed.includes(name) !== needs.includes(name);
      return [
        ...(changed ? [`${at} is optional in one and not in the other`] : []),
        ...breaksBetween(shape, has[name], at),
      ];
    }),
    ...needs.filter((name) => had[name] === undefined).map((name) => `${path}.${name} is new, and not optional`),
    ...(hadItems || hasItems ? breaksBetween(hadItems ?? {}, hasItems ?? {}, `${path}[]`) : []),
  ];
}

/** The same but for the order of keys. */
export function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => a.localeCompare(b))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
