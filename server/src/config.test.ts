import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { ConfigError, readConfig, variableNames } from './config.ts';
import { defaultLimits, type RealtimeLimits } from './delivery/realtime/limits.ts';

function problemsOf(environment: Record<string, string>): readonly string[] {
  try {
    readConfig(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

test('without variables the defaults of a single node with its own database and the demo hold', () => {
  const config = readConfig({});
  expect(config.http).toMatchObject({ host: '127.0.0.1', port: 8787 });
  expect(config.dataDir).toBe(`${process.cwd()}/.tillstream`);
  expect(config.database.url).toBeNull();
  expect(config.demo).toBe(true);
  expect(config.roles).toEqual(['api', 'worker', 'gateway']);
  expect(config.natsUrl).toBeNull();
  expect(config.logLevel).toBe('info');
  expect(config.secretKeys).toBeNull();
});

test('with a database of the operator there is no demo unless asked for', () => {
  const url = 'postgres://u:p@db:5432/x';
  expect(readConfig({ DATABASE_URL: url }).demo).toBe(false);
  expect(readConfig({ DATABASE_URL: url, TILLSTREAM_DEMO: 'on' }).demo).toBe(true);
  expect(readConfig({ TILLSTREAM_DEMO: 'off' }).demo).toBe(false);
});

test('tokens of another issuer are taken where its keys are named, and an issuer alone is a mistake', () => {
  const jwksUrl = 'https://id.example.com/jwks.json';
  expect(readConfig({}).externalIssuer).toBeNull();
  expect(readConfig({ TILLSTREAM_JWKS_URL: jwksUrl, TILLSTREAM_JWT_AUDIENCE: 'tills' }).externalIssuer).toEqual({
    jwksUrl,
    issuer: null,
    audience: 'tills',
  });
  expect(problemsOf({ TILLSTREAM_JWT_ISSUER: 'https://id.example.com' })).toEqual([
    expect.stringContaining('set TILLSTREAM_JWKS_URL too'),
  ]);
});

test('an empty variable counts as unset', () => {
  expect(readConfig({ TILLSTREAM_PORT: '', DATABASE_URL: '' }).http.port).toBe(8787);
});

test('a refused value is named with what is allowed and an example', () => {
  expect(problemsOf({ TILLSTREAM_PORT: 'abc' })).toEqual([
    'TILLSTREAM_PORT must be a whole number from 0 to 65535, got "abc"; for example TILLSTREAM_PORT=8787',
  ]);
});

test('an address that leaves the database to guesswork is refused with one that does not', () => {
  expect(problemsOf({ DATABASE_URL: 'postgres://' })).toEqual([
    'DATABASE_URL must be an address that begins with postgres:// or postgresql:// and names a user, a host and a ' +
      'database, got "postgres://"; for example DATABASE_URL=postgres://tillstream:secret@db.example.com:5432/tillstream',
  ]);
  for (const url of ['postgresql://u@[::1]/x', 'postgres://u:p@%2Frun%2Fpostgresql/x', 'postgres://u:p@db/x?a=b']) {
    expect(readConfig({ DATABASE_URL: url }).database.url).toBe(url);
  }
});

test('all problems are reported at once', () => {
  const problems = problemsOf({ TILLSTREAM_PORT: '70000', TILLSTREAM_ROLES: 'api,boss', TILLSTREAM_LOG_LEVEL: 'loud' });
  expect(problems).toHaveLength(3);
  expect(problems.join()).toMatch(/TILLSTREAM_PORT.*"70000".*TILLSTREAM_LOG_LEVEL|TILLSTREAM_ROLES/);
});

test.each([
  ['TILLSTREAM_PORT', ['-1', '65536', '1.5', '0x10', ' 1', '1e3']],
  ['TILLSTREAM_HOST', ['a b', 'http://localhost', '']],
  ['TILLSTREAM_DEMO', ['maybe', '2']],
  ['TILLSTREAM_ROLES', ['', 'api;worker', ',']],
  ['TILLSTREAM_NATS_URL', ['127.0.0.1:4222', 'http://x']],
  ['DATABASE_URL', ['mysql://x/y', 'localhost/db', 'postgres://', 'postgres:///db', 'postgres://u:p@db:5432']],
  ['DATABASE_URL', ['postgres://u:p@db:5432/', 'postgres://db:5432/name', 'postgres://u:p@db:5432/a/b']],
  ['TILLSTREAM_SECRET_KEY', ['short', Buffer.alloc(31).toString('base64'), '!'.repeat(44)]],
])('%s refuses what it cannot mean', (name, texts) => {
  for (const text of texts.filter((text) => text !== '')) {
    expect(problemsOf({ [name]: text })).toEqual([expect.stringContaining(`${name} must be`)]);
  }
});

test('a misspelt variable is refused with the name that was probably meant', () => {
  expect(problemsOf({ TILLSTREAM_PROT: '1' })).toEqual([
    'TILLSTREAM_PROT is not a variable of Tillstream; did you mean TILLSTREAM_PORT?',
  ]);
  expect(problemsOf({ TILLSTREAM_FAVOURITE_COLOUR: 'red' })).toEqual([
    expect.stringContaining(`the known ones are ${variableNames.join(', ')}`),
  ]);
});

test('no secret is printed, neither a key nor the password in an address', () => {
  const problems = problemsOf({
    TILLSTREAM_SECRET_KEY: 'hunter2hunter2',
    DATABASE_URL: 'mysql://root:hunter2@db/x',
    TILLSTREAM_TEST_DATABASE_URL: 'root:hunter2@db/x',
    TILLSTREAM_NATS_URL: 'nats//u:hunter2@x',
  });
  expect(problems).toHaveLength(4);
  expect(problems.join('\n')).not.toContain('hunter2');
});

test('several secret keys come in their order, and nothing can be changed afterwards', () => {
  const [first, second] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
  const config = readConfig({ TILLSTREAM_SECRET_KEY: `${first.toString('base64')},${second.toString('base64')}` });
  expect(config.secretKeys?.map((key) => key[0])).toEqual([1, 2]);
  expect(() => Object.assign(config, { demo: false })).toThrow(TypeError);
  expect(() => Object.assign(config.http, { port: 1 })).toThrow(TypeError);
});

test('the README names every variable that an operator can set, or the page that it points to', async () => {
  const pages = ['../../README.md', '../../docs/realtime.md'].map((path) =>
    readFile(new URL(path, import.meta.url), 'utf8'),
  );
  const named = (await Promise.all(pages)).join();
  const testsOnly = 'TILLSTREAM_TEST_DATABASE_URL';
  expect(variableNames.filter((name) => name !== testsOnly && !named.includes(`\`${name}\``))).toEqual([]);
});

test('what the sockets may take is given by variables, and by the defaults of delivery where there is none', () => {
  const given = Object.entries(readConfig({}).socketLimits);
  expect(given).toEqual(given.map(([name]) => [name, defaultLimits[name as keyof RealtimeLimits]]));
  expect(
    readConfig({
      TILLSTREAM_SOCKET_BINDINGS_MAX: '50',
      TILLSTREAM_SOCKET_CHANNEL_BINDINGS_MAX: '5',
      TILLSTREAM_SOCKET_BYTES_PER_SECOND_MAX: '1048576',
      TILLSTREAM_SOCKET_CHANNELLESS_MS: '30000',
    }).socketLimits,
  ).toMatchObject({
    bindingsPerSocketMax: 50,
    bindingsPerChannelMax: 5,
    bytesPerSecondMax: 1_048_576,
    channellessMs: 30_000,
  });
});

test('a frame that may be sent must fit into what may be sent at once', () => {
  expect(problemsOf({ TILLSTREAM_SOCKET_FRAME_BYTES_MAX: '8388608' })).toEqual([
    'TILLSTREAM_SOCKET_FRAME_BYTES_MAX is more than twice TILLSTREAM_SOCKET_BYTES_PER_SECOND_MAX (2097152), so that the ' +
      'largest frames would close their sockets; raise the latter to at least 4194304',
  ]);
  expect(
    problemsOf({ TILLSTREAM_SOCKET_FRAME_BYTES_MAX: '8388608', TILLSTREAM_SOCKET_BYTES_PER_SECOND_MAX: '4194304' }),
  ).toEqual([]);
});

test('the demo is off where this node has no routes, and refused where it is asked for', () => {
  expect(readConfig({ TILLSTREAM_ROLES: 'worker' }).demo).toBe(false);
  expect(problemsOf({ TILLSTREAM_ROLES: 'worker', TILLSTREAM_DEMO: 'on' })).toHaveLength(1);
});
