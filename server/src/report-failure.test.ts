import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { resyncError } from './events/index.ts';
import { createLogger } from './platform/logger.ts';
import { createReport } from './report-failure.ts';

test('a new epoch is one line of warning, any other failure an error with its stack', () => {
  const lines: Record<string, unknown>[] = [];
  const destination = new Writable({
    write(chunk, _encoding, done) {
      lines.push(JSON.parse(String(chunk)));
      done();
    },
  });
  const report = createReport(createLogger({ level: 'info', destination }))('relay');
  report(resyncError('The database was restored.'));
  report(new Error('out of luck'));
  expect(lines).toEqual([
    { level: 'warn', time: expect.any(String), part: 'relay', msg: 'relay begins anew: The database was restored.' },
    expect.objectContaining({ level: 'error', err: expect.objectContaining({ stack: expect.any(String) }) }),
  ]);
});
