/**
 * A checker that never failed proves nothing. Eight editors change one product side by side, through the real update and
 * through updates that lack a check of the version: the register checker calls the first good and the others bad.
 */
import { sql } from 'kysely';
import { expect, onTestFinished, test } from 'vitest';
import { createConflictKeeper } from '../../src/domains/conflicts/index.ts';
import { productEdit } from '../../src/domains/inventory/index.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { AppError } from '../../src/platform/errors.ts';
import { createVersionedUpdates } from '../../src/platform/versioned-update.ts';
import { addProducts, type Brand, foundBrand } from '../factories/brand.ts';
import { checkRegisters, type EditAttempt, type RegisterHistory, type State } from '../harness/register-checker.ts';
import { openTestDatabase, type TestDatabase } from '../harness/test-database.ts';

const editors = 8;
const editsEach = 20;

type Editable = typeof productEdit;
type Row = Awaited<ReturnType<Editable['load']>>;
type Update = (id: string, expectedVersion: number, changes: { readonly name: string }) => Promise<Row>;

interface Ground {
  readonly database: TestDatabase;
  readonly brand: Brand;
  readonly productId: string;
}

async function ground(): Promise<Ground> {
  const database = await openTestDatabase({ connectionsMax: editors });
  onTestFinished(() => database.close());
  const brand = await foundBrand(database);
  const [productId = ''] = await addProducts(database, brand, ['tea']);
  return { database, brand, productId };
}

/** The first edits meet: each has read the product before the first one writes it. */
function meeting(): Editable {
  let missing = editors;
  const met = Promise.withResolvers<void>();
  return {
    ...productEdit,
    async load(tx, who, id) {
      const row = await productEdit.load(tx, who, id);
      missing -= 1;
      if (missing === 0) met.resolve();
      await met.promise;
      return row;
    },
  };
}

/** What the program does, with the editable that it is given. */
function realUpdate({ database, brand }: Ground, editable = meeting()): Update {
  const updates = createVersionedUpdates({ db: database.db, keepConflict: createConflictKeeper(systemClock) });
  return (id, expectedVersion, changes) => updates.update(brand.admin, editable, { id, expectedVersion, changes });
}

/** Everybody edits what was last answered to them; the history of it is complete when all are done. */
async function edit({ database, productId }: Ground, update: Update): Promise<RegisterHistory> {
  const editor = async (number: number): Promise<EditAttempt[]> => {
    const attempts: EditAttempt[] = [];
    let known = 1;
    for (let turn = 0; turn < editsEach; turn++) {
      const changes = { name: `name ${number}-${turn}` };
      const sentAt = performance.now();
      const outcome = await outcomeOf(update(productId, known, changes));
      attempts.push({ key: 'tea', sentAt, answeredAt: performance.now(), expectedVersion: known, changes, outcome });
      known = outcome.kind === 'accepted' ? outcome.version : outcome.currentVersion;
    }
    return attempts;
  };
  const attempts = (await Promise.all(Array.from({ length: editors }, (_, number) => editor(number)))).flat();
  const [final] = await database.rows<{ version: number; name: string }>('select version, name from products');
  const conflicts = await database.rows<{ id: string; expected_version: number; source_data: State }>(
    'select id, expected_version, source_data from sync_conflicts',
  );
  return {
    initial: new Map([['tea', { version: 1, state: { name: 'Product tea' } }]]),
    attempts,
    final: new Map([['tea', { version: final?.version ?? 0, state: { name: final?.name } }]]),
    conflicts: conflicts.map(({ id, expected_version: expectedVersion, source_data: mine }) => ({
      ...{ id, key: 'tea', expectedVersion, mine },
    })),
  };
}

async function outcomeOf(edited: Promise<Row>): Promise<EditAttempt['outcome']> {
  try {
    return { kind: 'accepted', version: (await edited).version };
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'version.conflict') throw error;
    const { conflictId, currentVersion, theirs } = error.extensions as Record<string, unknown>;
    const { name } = theirs as State;
    return {
      kind: 'refused',
      currentVersion: Number(currentVersion),
      theirs: { name },
      conflictId: String(conflictId),
    };
  }
}

test('the real update: no edit is lost, and each late one is refused', async () => {
  const at = await ground();
  const history = await edit(at, realUpdate(at));
  expect(checkRegisters(history)).toEqual([]);
  const refused = history.attempts.filter(({ outcome }) => outcome.kind === 'refused');
  // Of the first edits, which met, one alone was of the present version.
  expect(refused.length).toBeGreaterThanOrEqual(editors - 1);
});

test('an update that does not compare the version with the one that was edited loses edits, and the checker says so', async () => {
  const at = await ground();
  const editable = meeting();
  // Whatever is there is written over, as often as it takes.
  const overwrite: Update = async (id, expectedVersion, changes) => {
    const written = await at.database.db.transaction(at.brand.admin, async (tx) => {
      const row = await editable.load(tx, at.brand.admin, id);
      return editable.write(tx, { who: at.brand.admin, row, changes });
    });
    return written ?? overwrite(id, expectedVersion, changes);
  };
  const violations = checkRegisters(await edit(at, overwrite));
  expect(violations.filter((violation) => / was made of \d+$/.test(violation))).not.toEqual([]);
});

test('an update whose statement lacks the version makes one version twice, and the checker says so', async () => {
  const at = await ground();
  const blind: Editable = {
    ...meeting(),
    async write(tx, { row, changes }) {
      const version = row.version + 1;
      await sql`update products set name = ${changes.name}, version = ${version} where id = ${row.id}::uuid`.execute(
        tx,
      );
      return { ...row, version };
    },
  };
  const violations = checkRegisters(await edit(at, realUpdate(at, blind)));
  expect(violations.filter((violation) => violation.includes('two edits were told'))).not.toEqual([]);
});
