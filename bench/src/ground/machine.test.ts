import { expect, test } from 'vitest';
import { oneWriteFigures } from './machine.ts';

test('of what pg_test_fsync says, the figures of one write are kept', () => {
  const output = `1 second per test

Compare file sync methods using one 8kB write:
(in wal_sync_method preference order, except fdatasync is Linux's default)
        open_datasync                       675.753 ops/sec    1480 usecs/op
        fdatasync                           527.572 ops/sec    1895 usecs/op
        fsync                               962.939 ops/sec    1038 usecs/op
        fsync_writethrough                              n/a
        open_sync                           338.017 ops/sec    2958 usecs/op

Compare file sync methods using two 8kB writes:
        fdatasync                           491.546 ops/sec    2034 usecs/op
`;
  expect(oneWriteFigures(output)).toEqual([
    'open_datasync 675.753 ops/sec 1480 usecs/op',
    'fdatasync 527.572 ops/sec 1895 usecs/op',
    'fsync 962.939 ops/sec 1038 usecs/op',
  ]);
});
