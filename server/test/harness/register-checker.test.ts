import { expect, test } from 'vitest';
import { checkRegisters, type EditAttempt, type RegisterHistory } from './register-checker.ts';

const accepted = (version: number, changes: EditAttempt['changes'], at = version): EditAttempt => ({
  key: 'cup',
  sentAt: at,
  answeredAt: at + 0.5,
  expectedVersion: version - 1,
  changes,
  outcome: { kind: 'accepted', version },
});

const refused: EditAttempt = {
  key: 'cup',
  sentAt: 3.1,
  answeredAt: 3.4,
  expectedVersion: 1,
  changes: { name: 'Late' },
  outcome: { kind: 'refused', currentVersion: 2, theirs: { name: 'A', price: 1 }, conflictId: 'c1' },
};

const good: RegisterHistory = {
  initial: new Map([['cup', { version: 1, state: { name: 'Cup', price: 1 } }]]),
  attempts: [accepted(2, { name: 'A' }), accepted(3, { price: 2 }), refused, accepted(4, { name: 'B' })],
  final: new Map([['cup', { version: 4, state: { name: 'B', price: 2 } }]]),
  conflicts: [{ id: 'c1', key: 'cup', expectedVersion: 1, mine: { name: 'Late' } }],
};

const final = (version: number, state: EditAttempt['changes']) => ({ final: new Map([['cup', { version, state }]]) });
const attempts = (...all: EditAttempt[]) => ({ attempts: all });
const [second, third, , fourth] = good.attempts as [EditAttempt, EditAttempt, EditAttempt, EditAttempt];

test('finds nothing in an honest history, whatever order it is listed in', () => {
  expect(checkRegisters(good)).toEqual([]);
  expect(checkRegisters({ ...good, attempts: good.attempts.toReversed() })).toEqual([]);
});

test.for<[string, Partial<RegisterHistory>, string]>([
  ['a lost edit', final(4, { name: 'B', price: 1 }), 'cup at the end: price is 1, the accepted edits say 2'],
  ['an edit overwritten by a late one', final(4, { name: 'Late', price: 2 }), 'name is Late'],
  ['a thing that is gone', { final: new Map() }, 'cup is gone'],
  [
    'one version told twice',
    attempts(second, { ...second, changes: { price: 9 } }, third, refused, fourth),
    'two edits',
  ],
  ['a gap', { ...attempts(second, refused, fourth), ...final(4, { name: 'B', price: 1 }) }, 'version 4 follows 2'],
  [
    'an edit of a version that it did not name',
    attempts(second, third, refused, { ...fourth, expectedVersion: 2 }),
    'was made of 2',
  ],
  ['a version after the last edit', final(5, { name: 'B', price: 2 }), 'the final version is 5'],
  [
    'an edit that took effect before it was sent',
    attempts(second, { ...third, sentAt: 9 }, refused, fourth),
    'version 3 was made after version 4',
  ],
  [
    'a refusal that shows the past',
    attempts(second, third, { ...refused, sentAt: 9 }, fourth),
    'version 2 was shown after 4',
  ],
  [
    'a refusal of what was not late',
    attempts(second, third, { ...refused, expectedVersion: 2 }, fourth),
    'was refused at 2',
  ],
  [
    'a refusal that shows what nobody wrote',
    attempts(
      second,
      third,
      { ...refused, outcome: { ...refused.outcome, theirs: { name: 'X', price: 1 } } as never },
      fourth,
    ),
    'name is X',
  ],
  ['a refusal without a row', { conflicts: [] }, 'the conflict c1 is not written down'],
  ['a row without a refusal', attempts(second, third, fourth), 'nobody was refused with it'],
  ['two rows of one refusal', { conflicts: [...good.conflicts, ...good.conflicts] }, 'written down 2 times'],
  ['one row for two refusals', attempts(...good.attempts, refused), 'stands for 2 refused edits'],
  ['a row of another edit', { conflicts: [{ ...good.conflicts[0], key: 'jug' } as never] }, "is another edit's"],
  [
    'a row that says something else',
    { conflicts: [{ ...good.conflicts[0], mine: { name: 'Y' } } as never] },
    'name is Y',
  ],
  ['an edit of what was never there', attempts(...good.attempts, { ...second, key: 'jug' }), 'jug was never there'],
])('tells of %s', ([, doctored, sentence]) => {
  const violations = checkRegisters({ ...good, ...doctored });
  expect(
    violations.some((violation) => violation.includes(sentence)),
    violations.join('\n'),
  ).toBe(true);
});
