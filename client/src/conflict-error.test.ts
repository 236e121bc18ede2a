import { expect, test } from 'vitest';
import { ConflictError, refusalOf } from './conflict-error.ts';

const conflict = {
  code: 'version.conflict',
  detail: 'The edit was made of version 1; the version now is 2.',
  conflictId: 'c',
  mine: { name: 'A' },
  theirs: { name: 'B' },
  expectedVersion: 1,
  currentVersion: 2,
};
const answer = () => new Response(null, { status: 409, headers: { 'x-request-id': 'r' } });

test('a conflict with both sides is a ConflictError, with what every refusal has', () => {
  const { code: _, detail: __, ...sides } = conflict;
  const error = refusalOf(answer(), conflict);
  expect(error).toBeInstanceOf(ConflictError);
  expect(error).toMatchObject({ ...sides, code: conflict.code, detail: conflict.detail, status: 409, requestId: 'r' });
});

test.each([
  'conflictId',
  'mine',
  'theirs',
  'expectedVersion',
  'currentVersion',
])('one that a proxy has robbed of %s is a refusal without sides, never a broken one', (field) => {
  for (const wrong of [undefined, null, []]) {
    const error = refusalOf(answer(), { ...conflict, [field]: wrong });
    expect(error).not.toBeInstanceOf(ConflictError);
    expect(error).toMatchObject({ code: 'version.conflict', status: 409 });
  }
});
