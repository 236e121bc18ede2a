import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { createLogger, type Logger, type LogLevel } from './logger.ts';

function setup(level: LogLevel = 'info'): {
  logger: Logger;
  lines: () => Record<string, unknown>[];
  text: () => string;
} {
  let written = '';
  const destination = new Writable({
    write(chunk, _encoding, done) {
      written += String(chunk);
      done();
    },
  });
  const lines = () =>
    written
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { logger: createLogger({ level, destination }), lines, text: () => written };
}

const secret = 's3cr3t-Value_0123456789';
const key = 'tsk_AbCd1234_Zm9vYmFyYmF6cXV4MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI';
const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1c2VyIn0.c2lnbmF0dXJl';

test.each<[string, object]>([
  ['a header', { headers: { authorization: `Bearer ${secret}` } }],
  ['a header in capitals', { headers: { Authorization: secret } }],
  ['an api key', { apikey: secret }],
  ['credentials as an object', { system: { credentials: { clientId: secret, nested: [secret] } } }],
  ['a password', { password: secret }],
  ['a prefixed secret', { clientSecret: secret, access_token: secret, refreshToken: secret, secretKey: secret }],
  ['a cookie', { req: { headers: { cookie: secret } } }],
  ['an error’s own property', { err: Object.assign(new Error('failed'), { config: { apiKey: secret } }) }],
  ['an error’s message', { err: new Error(`cannot reach postgres://u:${secret}@db/x`) }],
  ['an error’s cause', { err: new Error('outer', { cause: new Error(`Bearer ${secret}`) }) }],
  ['an address', { url: `/socket/websocket?apikey=${secret}&vsn=1.0.0` }],
])('%s is not written', (_what, fields) => {
  const { logger, text, lines } = setup();
  logger.info(fields, 'something happened');
  expect(text()).not.toContain(secret);
  expect(text()).toContain('***');
  expect(lines()[0]).toMatchObject({ level: 'info', msg: 'something happened' });
});

test('keys, tokens and passwords are found inside any text, and what identifies a key stays', () => {
  const { logger, text } = setup();
  logger.info({ deep: { list: [`with ${key} inside`] } }, `key ${key}, token ${jwt}, at postgres://u:p@ss@db/x`);
  logger.child({ requestId: key }).warn(`nats://user:hunter2@host and "quoted ${key}"`);
  expect(text()).not.toContain(key.slice(13));
  expect(text()).not.toContain(jwt);
  expect(text()).not.toMatch(/hunter2|p@ss/);
  expect(text()).toContain('tsk_AbCd1234_***');
});

test('ordinary words and figures are left alone', () => {
  const { logger, lines } = setup();
  const fields = {
    tokenCount: 5,
    secretary: 'Ann',
    path: '/v1/api-keys',
    url: 'http://a.example/x@y?limit=5',
    none: null,
  };
  logger.info(fields, 'Basic figures: 12');
  expect(lines()[0]).toMatchObject({ ...fields, msg: 'Basic figures: 12' });
});

test('each line is JSON with a time, and levels below the configured one are silent', () => {
  const { logger, lines } = setup('warn');
  logger.info('no');
  logger.warn('yes');
  expect(lines()).toEqual([{ level: 'warn', time: expect.stringMatching(/^\d{4}-.*Z$/), msg: 'yes' }]);
});
