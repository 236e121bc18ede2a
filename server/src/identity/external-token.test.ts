// Tokens of an issuer whose keys are fetched, from a real server that publishes them.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ManualClock } from '../../test/harness/manual-clock.ts';
import { openTestDatabase, type TestDatabase } from '../../test/harness/test-database.ts';
import { backgroundActor } from '../platform/actor.ts';
import { AppError } from '../platform/errors.ts';
import { type Authenticator, createAuthenticator } from './authenticate.ts';
import { createUser } from './create-user.ts';

const issuer = 'https://id.example.com';
const audience = 'authenticated';
const tokenSecret = Buffer.alloc(32, 1);
const clock = new ManualClock('2026-06-01T12:00:00Z');
const nowSeconds = clock.now().getTime() / 1_000;

let database: TestDatabase;
let server: Server;
let jwksUrl: string;
let requests = 0;
let isDown = false;
let keys: Awaited<ReturnType<typeof generateKeyPair>>;
let authenticator: Authenticator;
let userId: string;

beforeAll(async () => {
  database = await openTestDatabase();
  keys = await generateKeyPair('ES256');
  const jwk = { ...(await exportJWK(keys.publicKey)), kid: 'one', alg: 'ES256' };
  server = createServer((_, response) => {
    requests++;
    if (isDown) response.writeHead(500).end();
    else response.end(JSON.stringify({ keys: [jwk] }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  jwksUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`;
  authenticator = makeAuthenticator();
  const system = backgroundActor('test');
  ({ id: userId } = await database.db.transaction(system, (tx) => createUser(tx, { name: 'Ada' })));
});

afterAll(async () => {
  await new Promise((resolve) => server.close(resolve));
  await database.close();
});

function makeAuthenticator(): Authenticator {
  const externalIssuer = { jwksUrl, issuer, audience };
  return createAuthenticator({ db: database.db, clock, tokenSecret, externalIssuer });
}

interface TokenParts {
  readonly claims?: Record<string, unknown>;
  readonly kid?: string;
  readonly key?: CryptoKey;
}

function tokenOf({ claims = {}, kid = 'one', key = keys.privateKey }: TokenParts = {}): Promise<string> {
  const usual = { sub: userId, exp: nowSeconds + 3_600, iss: issuer, aud: audience, role: 'authenticated' };
  return new SignJWT({ ...usual, ...claims }).setProtectedHeader({ alg: 'ES256', kid }).sign(key);
}

async function refusal(token: string, by = authenticator): Promise<string> {
  const error = await by.authenticate(token).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  return error instanceof AppError ? error.code : String(error);
}

test('the person whose id is the sub is known, with the end of the token; keys are fetched once', async () => {
  const before = requests;
  for (let n = 0; n < 3; n++) {
    const caller = await authenticator.authenticate(await tokenOf());
    expect(caller).toMatchObject({ id: `user:${userId}`, expiresAt: new Date((nowSeconds + 3_600) * 1_000) });
  }
  // Other providers than Supabase put no role in.
  expect(await authenticator.authenticate(await tokenOf({ claims: { role: undefined } }))).toMatchObject({
    kind: 'user',
  });
  expect(requests - before).toBeLessThanOrEqual(1);
});

test('our own tokens are taken beside them', async () => {
  expect(await authenticator.authenticate(await authenticator.issueToken(userId))).toMatchObject({ kind: 'user' });
});

test('what anybody else made, or for somebody else, is refused', async () => {
  const { privateKey } = await generateKeyPair('ES256');
  const secretOfTheirs = Buffer.from(await exportJWK(keys.publicKey).then((jwk) => JSON.stringify(jwk)));
  const refused: [string, Promise<string>][] = [
    ['invalid_token', tokenOf({ key: privateKey as CryptoKey })],
    ['invalid_token', tokenOf({ kid: 'two' })],
    ['invalid_token', tokenOf({ claims: { iss: 'https://elsewhere.example.com' } })],
    ['invalid_token', tokenOf({ claims: { aud: 'another program' } })],
    ['invalid_token', tokenOf({ claims: { role: 'anon' } })],
    ['invalid_token', tokenOf({ claims: { sub: 'auth0|77' } })],
    ['invalid_token', tokenOf({ claims: { exp: undefined } })],
    ['token_expired', tokenOf({ claims: { exp: nowSeconds - 1 } })],
    ['unknown_user', tokenOf({ claims: { sub: '0197a000-0000-7000-8000-000000000001' } })],
    // Signed with the published key as if it were a secret.
    [
      'invalid_token',
      new SignJWT({ sub: userId, exp: nowSeconds + 60, role: 'authenticated' })
        .setProtectedHeader({ alg: 'HS256' })
        .sign(secretOfTheirs),
    ],
  ];
  for (const [code, token] of refused) expect(await refusal(await token)).toBe(`identity.${code}`);
});

test('keys that cannot be fetched are no fault of the token, and are fetched as soon as they can be', async () => {
  const fresh = makeAuthenticator();
  isDown = true;
  expect(await refusal(await tokenOf(), fresh)).toBe('identity.keys_unavailable');
  isDown = false;
  expect(await fresh.authenticate(await tokenOf())).toMatchObject({ kind: 'user' });
});
