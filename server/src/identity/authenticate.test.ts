import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ManualClock } from '../../test/harness/manual-clock.ts';
import { openTestDatabase, type TestDatabase } from '../../test/harness/test-database.ts';
import { backgroundActor } from '../platform/actor.ts';
import { AppError } from '../platform/errors.ts';
import { addMembership } from './add-membership.ts';
import { type Authenticator, createAuthenticator, loadUserCaller } from './authenticate.ts';
import { type CreatedApiKey, createApiKey, type NewApiKey } from './create-api-key.ts';
import { createFranchise } from './create-franchise.ts';
import { createFranchisee } from './create-franchisee.ts';
import { createLocation } from './create-location.ts';
import { createUser } from './create-user.ts';
import { removeMembership } from './remove-membership.ts';
import { withdrawApiKey } from './revoke-api-key.ts';

const start = '2026-03-02T09:00:00.000Z';
const at = new Date(start);
const tokenSecret = new Uint8Array(32).fill(7);
const system = backgroundActor('test');

let database: TestDatabase;
let clock: ManualClock;
let authenticator: Authenticator;
let tree: Awaited<ReturnType<typeof plant>>;

beforeAll(async () => {
  database = await openTestDatabase();
  clock = new ManualClock(start);
  authenticator = createAuthenticator({ db: database.db, clock, tokenSecret });
  tree = await plant();
});
afterAll(() => database.close());

function plant() {
  return database.db.transaction(system, async (tx) => {
    const franchise = await createFranchise(tx, { name: 'Maven', currency: 'USD' });
    const franchisee = await createFranchisee(tx, { franchiseId: franchise.id, name: 'Firm' });
    const place = { franchiseId: franchise.id, timeZone: 'America/New_York' };
    const shop = await createLocation(tx, { ...place, franchiseeId: franchisee.id, name: 'Astoria' });
    const own = await createLocation(tx, { ...place, name: 'Flagship' });
    const user = await createUser(tx, { name: 'Ada', email: 'Ada@Example.com' });
    return { franchise, franchisee, shop, own, user };
  });
}

function makeKey(request: Partial<NewApiKey> = {}): Promise<CreatedApiKey> {
  const { franchise } = tree;
  return database.db.transaction(system, (tx) =>
    createApiKey(tx, {
      franchiseId: franchise.id,
      name: 'till',
      scopes: ['sales:write'],
      createdBy: 'test',
      ...request,
    }),
  );
}

async function refusal(credential: string): Promise<string> {
  const outcome = await authenticator.authenticate(credential).catch((error: unknown) => error);
  if (!(outcome instanceof AppError)) throw new Error(`was not refused properly: ${String(outcome)}`);
  expect(outcome.status).toBe(401);
  expect(outcome.headers['www-authenticate']).toBe('Bearer');
  return outcome.code;
}

describe('an API key', () => {
  test('stands for its scopes and place', async () => {
    const { franchise, shop } = tree;
    const { key, row } = await makeKey({ locationIds: [shop.id] });
    expect(key).toMatch(/^tsk_[a-z0-9]{8}_[A-Za-z0-9_-]{43}$/);
    const caller = await authenticator.authenticate(key);
    expect(caller).toMatchObject({ id: `key:${row.id}`, kind: 'key', subject: { kind: 'api_key', id: row.id } });
    expect(caller.reach).toEqual({
      franchises: [],
      franchisees: [],
      locations: [shop.id],
      memberships: [franchise.id],
      userId: null,
    });
  });

  test('reaches the whole brand, or one franchisee, where it was not narrowed further', async () => {
    const { franchise, franchisee } = tree;
    const wide = await authenticator.authenticate((await makeKey()).key);
    expect(wide.reach).toMatchObject({ franchises: [franchise.id], franchisees: [], locations: [] });
    const firm = await authenticator.authenticate((await makeKey({ franchiseeId: franchisee.id })).key);
    expect(firm.reach).toMatchObject({ franchises: [], franchisees: [franchisee.id], locations: [] });
  });

  test('loses a shop that has gone over to another franchisee, and gains nothing', async () => {
    const { franchisee, shop } = tree;
    const { key } = await makeKey({ franchiseeId: franchisee.id, locationIds: [shop.id] });
    await database.rows('update locations set franchisee_id = null where id = $1', [shop.id]);
    const caller = await authenticator.authenticate(key);
    await database.rows('update locations set franchisee_id = $2 where id = $1', [shop.id, franchisee.id]);
    expect(caller.reach).toMatchObject({ franchises: [], franchisees: [], locations: [] });
  });

  test('is stored as a hash alone', async () => {
    const { key, row } = await makeKey();
    const secret = key.slice(-43);
    const [stored] = await database.rows<{ text: string }>(
      'select to_jsonb(k)::text || encode(secret_hash, $2) as text from api_keys k where id = $1',
      [row.id, 'escape'],
    );
    expect(stored?.text).toContain(row.prefix);
    expect(stored?.text).not.toContain(secret);
  });

  test('ends at its expiry, to the millisecond, also when it was looked up before', async () => {
    const expiresAt = new Date(clock.now().getTime() + 1000);
    const { key } = await makeKey({ expiresAt });
    clock.advance(999);
    expect((await authenticator.authenticate(key)).expiresAt).toEqual(expiresAt);
    clock.advance(1);
    expect(await refusal(key)).toBe('identity.key_expired');
  });

  test('is refused on this node from the moment its revocation is answered', async () => {
    const { key, row } = await makeKey({ scopes: ['admin'] });
    const caller = await authenticator.authenticate(key);
    await withdrawApiKey({ db: database.db, clock, authenticator }, caller, row.id);
    expect(await refusal(key)).toBe('identity.key_revoked');
    await expect(withdrawApiKey({ db: database.db, clock, authenticator }, caller, row.id)).resolves.toBeUndefined();
    const events = await database.rows('select change_data from sync_events where entity_id = $1', [row.id]);
    expect(events).toEqual([{ change_data: { subjectKind: 'api_key', subjectId: row.id, change: 'revoked' } }]);
  });

  test('that another node revoked is refused once the event arrives, and within a second without it', async () => {
    const told = await makeKey();
    const untold = await makeKey();
    for (const { key } of [told, untold]) await authenticator.authenticate(key);
    await database.rows('update api_keys set revoked_at = now() where id = any($1)', [[told.row.id, untold.row.id]]);
    authenticator.forget({ kind: 'api_key', id: told.row.id });
    expect(await refusal(told.key)).toBe('identity.key_revoked');
    clock.advance(1000);
    expect(await refusal(untold.key)).toBe('identity.key_revoked');
  });

  test('does not tell who has its public part alone whether it is revoked', async () => {
    const { key, row } = await makeKey();
    await database.rows('update api_keys set revoked_at = now() where id = $1', [row.id]);
    expect(await refusal(`${key.slice(0, -43)}${'A'.repeat(43)}`)).toBe('identity.invalid_key');
  });

  test.each([
    'tsk_',
    'tsk_abcdefgh',
    `tsk_abcdefgh_${'A'.repeat(42)}`,
    `tsk_abcdefgh_${'A'.repeat(44)}`,
    `tsk_ABCDEFGH_${'A'.repeat(43)}`,
    `tsk_abcdefgh_${'A'.repeat(43)}\n`,
    `tsk_abcd'--h_${'A'.repeat(43)}`,
    `tsk_zzzzzzzz_${'A'.repeat(43)}`,
    `tsk_${'x'.repeat(100_000)}`,
  ])('of the wrong form or unknown is refused (%#)', async (credential) => {
    expect(await refusal(credential)).toBe('identity.invalid_key');
  });
});

describe('a token', () => {
  test('stands for the memberships that its user has now, not for those it had when it was issued', async () => {
    const { user, shop, franchise, franchisee } = tree;
    const token = await authenticator.issueToken(user.id);
    const before = await authenticator.authenticate(token);
    expect(before).toMatchObject({
      id: `user:${user.id}`,
      grants: [],
      expiresAt: new Date(clock.now().getTime() + 86_400_000),
    });
    const place = { role: 'location_manager', locationId: shop.id } as const;
    const { id } = await database.db.transaction(system, (tx) => addMembership(tx, { userId: user.id, place, at }));
    const again = await database.db.transaction(system, (tx) => addMembership(tx, { userId: user.id, place, at }));
    expect(again.id).toBe(id);
    authenticator.forget({ kind: 'user', id: user.id });
    const during = await authenticator.authenticate(token);
    expect(during.reach).toMatchObject({ franchises: [], franchisees: [], locations: [shop.id], userId: user.id });
    expect(during.grants).toEqual([
      {
        kind: 'membership',
        role: 'location_manager',
        place: { franchiseId: franchise.id, franchiseeId: franchisee.id, locationIds: [shop.id] },
      },
    ]);
    expect((await loadUserCaller(database.db, user.id)).reach).toEqual(during.reach);
    await database.db.transaction(system, (tx) => removeMembership(tx, { id, at }));
    authenticator.forget({ kind: 'user', id: user.id });
    expect((await authenticator.authenticate(token)).grants).toEqual([]);
    const events = await database.rows<{ change: string }>(
      `select change_data->>'change' as change from sync_events where entity_id = $1 and scope_id = $2 order by seq`,
      [user.id, shop.id],
    );
    expect(events).toEqual([{ change: 'granted' }, { change: 'revoked' }]);
  });

  test('ends after 24 hours', async () => {
    const token = await authenticator.issueToken(tree.user.id);
    clock.advance(86_399_000);
    await authenticator.authenticate(token);
    clock.advance(1000);
    expect(await refusal(token)).toBe('identity.token_expired');
  });

  test('of a user who does not exist is refused', async () => {
    const token = await authenticator.issueToken('00000000-0000-7000-8000-000000000000');
    expect(await refusal(token)).toBe('identity.unknown_user');
  });

  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const forge = (header: object, claims: object, secret: Uint8Array = tokenSecret): string => {
    const text = `${encode(header)}.${encode(claims)}`;
    return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
  };
  const header = { alg: 'HS256', typ: 'JWT' };
  const claims = () => {
    const seconds = Math.floor(clock.now().getTime() / 1000);
    return { sub: tree.user.id, role: 'authenticated', iat: seconds, exp: seconds + 3600 };
  };
  const without = (name: keyof ReturnType<typeof claims>): object => {
    const { [name]: _, ...rest } = claims();
    return rest;
  };

  test('forged with the right secret and claims is accepted, so that the refusals below are for their own reason', async () => {
    await expect(authenticator.authenticate(forge(header, claims()))).resolves.toMatchObject({ kind: 'user' });
  });

  const bad: Record<string, () => string | Promise<string>> = {
    'a word': () => 'letmein',
    'two dots': () => '..',
    'a Supabase key': () => 'sb_publishable_abcdefghijklmnop',
    'no signature': () => forge(header, claims()).split('.').slice(0, 2).join('.'),
    'an empty signature': () => `${forge(header, claims()).split('.').slice(0, 2).join('.')}.`,
    'the algorithm none': () => `${encode({ alg: 'none' })}.${encode(claims())}.`,
    'the algorithm None, signed': () => forge({ alg: 'None' }, claims()),
    'HS512 in the header': () => forge({ alg: 'HS512' }, claims()),
    'HS512, properly signed': () =>
      new SignJWT(claims()).setProtectedHeader({ alg: 'HS512' }).sign(new Uint8Array(64).fill(7)),
    'RS256 in the header': () => forge({ alg: 'RS256' }, claims()),
    'a key of its own in the header': () =>
      forge({ ...header, jwk: { kty: 'oct', k: encode('x') } }, claims(), new Uint8Array(32)),
    'an unknown critical header': () => forge({ ...header, crit: ['x'], x: 1 }, claims()),
    'another secret': () => forge(header, claims(), new Uint8Array(32).fill(8)),
    'claims changed after signing': () => {
      const [head, , signature] = forge(header, claims()).split('.');
      return `${head}.${encode({ ...claims(), sub: '00000000-0000-7000-8000-000000000000' })}.${signature}`;
    },
    'no sub': () => forge(header, without('sub')),
    'no role': () => forge(header, without('role')),
    'no exp': () => forge(header, without('exp')),
    'the role anon': () => forge(header, { ...claims(), role: 'anon' }),
    'the role service_role': () => forge(header, { ...claims(), role: 'service_role' }),
    'a sub that is no id': () => forge(header, { ...claims(), sub: "x' or true --" }),
    'a sub that is a number': () => forge(header, { ...claims(), sub: 7 }),
    'an exp in words': () => forge(header, { ...claims(), exp: 'never' }),
    'an exp beyond all dates': () => forge(header, { ...claims(), exp: 1e300 }),
    'a start in the future': () => forge(header, { ...claims(), nbf: claims().iat + 60 }),
    'claims that are a list': () => forge(header, [claims()]),
    '100,000 characters': () => `${forge(header, claims())}${'A'.repeat(100_000)}`,
  };

  test.each(Object.keys(bad))('with %s is refused', async (name) => {
    const make = bad[name];
    if (!make) throw new Error(`no such case: ${name}`);
    const code = await refusal(await make());
    expect(code).toBe('identity.invalid_token');
  });

  test('any text at all is refused with 401 and never an error of ours', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.tuple(fc.base64String(), fc.base64String(), fc.string()).map((parts) => parts.join('.')),
        ),
        async (text) => {
          expect(await refusal(text)).toMatch(/^identity\.(invalid_token|invalid_key|missing_credentials)$/);
        },
      ),
      { numRuns: 300 },
    );
  });
});

test('a token of a secret that was replaced is believed until it ends; new ones are signed by the new secret', async () => {
  const { user } = tree;
  const old = await authenticator.issueToken(user.id);
  const renewed = new Uint8Array(32).fill(9);
  const options = { db: database.db, clock, tokenSecret: renewed };
  const after = createAuthenticator({ ...options, formerTokenSecrets: [tokenSecret] });
  expect((await after.authenticate(old)).subject.id).toBe(user.id);
  const strict = createAuthenticator(options);
  await expect(strict.authenticate(old)).rejects.toMatchObject({ code: 'identity.invalid_token' });
  expect((await strict.authenticate(await after.issueToken(user.id))).subject.id).toBe(user.id);
});

test('a secret shorter than 32 bytes is refused at the start', () => {
  expect(() => createAuthenticator({ db: database.db, clock, tokenSecret: new Uint8Array(31) })).toThrow(/at least 32/);
});
