import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Binding, parseJoinConfig } from '../protocol/join-config.ts';
import { bindingIds } from './binding-id.ts';
import { compileBinding } from './compile-binding.ts';
import { tablesOfTheFeed } from './feed.ts';

const shop = '0197a000-0000-7000-8000-00000000000a';

function bindingOf(asked: object): Binding {
  const [binding] = parseJoinConfig({ config: { postgres_changes: [asked] } }).bindings;
  if (binding === undefined) throw new Error('no binding');
  return binding;
}

const compile = (asked: object) => compileBinding(bindingOf(asked), 1, tablesOfTheFeed);

test('a table with a filter becomes equalities, ids in their own spelling', () => {
  const compiled = compile({
    event: 'insert',
    schema: 'public',
    table: 'pos_transactions',
    filter: `location_id=in.(${shop.toUpperCase()}),franchise_id=eq.${shop}`,
  });
  expect(compiled.tables.map((table) => table.name)).toEqual(['pos_transactions']);
  expect([...compiled.operations]).toEqual(['INSERT']);
  expect(compiled.equalities).toEqual([
    { column: 'location_id', values: new Set([shop]) },
    { column: 'franchise_id', values: new Set([shop]) },
  ]);
});

test('a schema alone is all its tables, a table alone is in it, and an unknown event is every event', () => {
  const everything = compile({ event: 'anything', schema: 'public' });
  expect(everything.tables).toEqual(tablesOfTheFeed);
  expect([...everything.operations]).toEqual(['INSERT', 'UPDATE', 'DELETE']);
  expect(compile({ event: '*', table: 'stock_alerts' }).tables).toHaveLength(1);
});

test('what is no equality of ids is tested on the row', () => {
  const filter = `location_id=eq.${shop},current_stock=lt.5,location_id=not.eq.${shop}`;
  const { equalities, conditions } = compile({ table: 'inventory_items', filter });
  expect(equalities.map(({ column }) => column)).toEqual(['location_id']);
  expect(conditions.map(({ column }) => column)).toEqual(['current_stock', 'location_id']);
});

test('select shows the named columns and the id', () => {
  const { select } = compile({ table: 'inventory_items', select: ['current_stock'] });
  expect(select).toEqual(new Set(['id', 'current_stock']));
});

describe('what cannot be served is refused in a sentence that helps', () => {
  test.each([
    [{ event: '*' }, 'name a schema or a table'],
    [{ table: 'inventory_items', filter: { current_stock: 'lt.5' } }, 'filter must be a text'],
    [{ schema: 'public', table: ['inventory_items'] }, 'table must be a text'],
    [{ schema: 'private' }, 'the feed has the schema public only'],
    [{ table: 'stock_movements' }, 'the feed has no table stock_movements; it has sync_events, '],
    [{ table: 'inventory_items', filter: 'colour=eq.red' }, 'invalid column for filter colour'],
    [{ table: 'inventory_items', filter: 'current_stock=lt.few' }, 'invalid input syntax for type numeric: "few"'],
    [{ table: 'inventory_items', filter: 'location_id=like.5%' }, 'the operator like does not exist for type uuid'],
    [{ table: 'sync_events', filter: 'change_data=lt.{}' }, 'the operator lt does not exist for type jsonb'],
    [{ table: 'sync_events', filter: 'event_type=is.true' }, '`is` true needs a boolean column'],
    [{ table: 'sync_events', filter: 'event_type=match.(' }, 'invalid regular expression: '],
    [{ table: 'inventory_items', filter: 'location_id=eq.7' }, 'invalid input syntax for type uuid: "7"'],
    [{ table: 'inventory_items', filter: 'location_id=foo.7' }, 'Error parsing `filter` params: ["foo", "7"]'],
    [{ schema: 'public', filter: `location_id=eq.${shop}` }, 'a filter needs one table'],
    [{ table: 'inventory_items', select: 'id' }, 'select must be an array of column names'],
    [{ table: 'inventory_items', select: ['colour'] }, 'invalid column for select colour'],
    [{ schema: 'public', select: ['id'] }, 'Column selection is not supported for wildcard subscriptions'],
  ])('%j', (asked, sentence) => {
    expect(() => compile(asked)).toThrow(sentence);
    expect(() => compile(asked)).toThrow('Unable to subscribe to changes with given parameters. [event: *, schema: ');
  });
});

describe('binding ids', () => {
  const asked = fc.record({
    event: fc.constantFrom('*', 'INSERT', 'UPDATE'),
    schema: fc.constant('public'),
    table: fc.string({ maxLength: 12 }),
    filter: fc.option(fc.string({ maxLength: 12 }), { nil: null }),
  });

  test('are positive, stable, equal for equal bindings and different for different ones', () => {
    fc.assert(
      fc.property(fc.array(asked, { maxLength: 60 }), (list) => {
        const bindings = list.map(bindingOf);
        const ids = bindingIds(bindings);
        expect(ids).toEqual(bindingIds(list.map(bindingOf)));
        expect(ids.every((id) => Number.isInteger(id) && id > 0 && id < 2 ** 31)).toBe(true);
        const texts = bindings.map(({ asked: _, ...parts }) => JSON.stringify(parts));
        expect(new Set(ids).size).toBe(new Set(texts).size);
      }),
    );
  });

  test('two that differ only in select are two', () => {
    const [one, other] = bindingIds([
      bindingOf({ table: 't', select: ['a'] }),
      bindingOf({ table: 't', select: ['b'] }),
    ]);
    expect(one).not.toBe(other);
  });
});
