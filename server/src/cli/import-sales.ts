// tillstream import-sales
//
// In process, on the database itself, and not over HTTP: an operator who brings half a year of sales in has the database
// but perhaps no server running yet, no key, and no wish to have either fail in the middle. Where a server does run, both
// use one database (the embedded one is joined) and take turns at a shop's stock like any two nodes; screens see the sales
// as they are booked. Everything goes through the operation and the checks of the sales route all the same.
//
// --connections is how many requests are under way at a time, as if so many tills sent: they are read and checked while
// others are committed, and what waits is committed together. The commits of one shop take turns, whatever the number.
import { parseArgs } from 'node:util';
import { readConfig } from '../config.ts';
import { findSystemFacts, openIngest, type SystemFacts } from '../domains/pos/index.ts';
import { type Caller, createAuthenticator, findLocation, requirePermission } from '../identity/index.ts';
import {
  type FileFormat,
  fileFormats,
  type ImportReport,
  importSales,
  operatorAt,
  type SalesFile,
  surveyFile,
} from '../import/index.ts';
import { backgroundActor } from '../platform/actor.ts';
import { systemClock } from '../platform/clock.ts';
import { Database } from '../platform/database.ts';
import { poolUrl } from '../platform/database-roles.ts';
import { createLogger } from '../platform/logger.ts';
import { createMetrics } from '../platform/metrics.ts';
import { loadSecretKeys } from '../platform/secret-key-file.ts';
import { createSecrets } from '../platform/secrets.ts';
import { type Command, UsageError } from './command.ts';
import { createImportDisplay, summaryOf } from './import-sales-display.ts';
import { withDatabase } from './with-database.ts';

const connectionsMax = 64;

export const exitCodes = { allBooked: 0, failed: 1, someRefused: 3, interrupted: 130 } as const;

interface Request {
  readonly path: string;
  readonly posSystemId: string;
  readonly connections: number;
  readonly format: FileFormat | undefined;
  readonly key: string | undefined;
}

export const importSalesCommand: Command = {
  name: 'import-sales',
  usage:
    'npm run -s tillstream -- import-sales FILE --pos-system ID [--connections 8] [--format csv|ndjson] [--key tsk_…]',
  summary: 'Books the sales of a file, each once, however often it is imported.',
  details: `FILE is CSV or NDJSON, plain or gzip.

  --pos-system   the till that sold them (GET /v1/pos-systems, or demo-keys)
  --connections  requests under way at a time, 1 to ${connectionsMax}; 8 if left out
  --format       told from the file's beginning if left out
  --key          acts with the rights of this API key; as the operator if left out

CSV: a header and one line a sale line; the lines of a sale share the externalId and stand together.
  externalId, occurredAt, quantity, unitPrice, and sku or externalProductId; and if there are any: name, lineTotal,
  version, status, total, currency, paymentMethod, metadata.KEY. A time without an offset is the shop's own clock's.
NDJSON: one sale a line, as in POST /v1/pos-systems/{id}/transactions.

Interrupted or killed, the same command goes on where it was. Refused sales are kept (GET /v1/sync-errors).
Exit code: 0 all booked, 1 failed, 3 finished with refused sales, 130 interrupted.`,
  async run(args) {
    const request = readRequest(args);
    const file = await surveyFile(request.path, request.format);
    const told = new AbortController();
    // Told once it finishes what is under way; told again it goes, and the next run knows as much.
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => told.abort());
    const { report, currency, ms } = await withDatabase((ownerUrl) => runImport(ownerUrl, request, { file, told }));
    console.log(summaryOf(report, { path: request.path, currency, ms }));
    if (!report.isFinished) return exitCodes.interrupted;
    return report.reached.rejected > 0 ? exitCodes.someRefused : exitCodes.allBooked;
  },
};

async function runImport(
  ownerUrl: string,
  request: Request,
  { file, told }: { readonly file: SalesFile; readonly told: AbortController },
): Promise<{ report: ImportReport; currency: string; ms: number }> {
  // One lane books the one shop; the others are for the checkpoint and for looking up products and keys.
  const db = new Database({ url: poolUrl(ownerUrl), connectionsMax: 4 });
  const logger = createLogger({ level: 'silent' });
  const { lanes, ingest } = openIngest({
    db,
    clock: systemClock,
    logger,
    metrics: createMetrics(),
    lanes: { lanes: 1 },
  });
  const display = createImportDisplay(file, systemClock);
  try {
    await lanes.start();
    const { caller, system, timeZone } = await findTill(db, request);
    const startedMs = systemClock.monotonicMs();
    const report = await importSales(
      { db, ingest, clock: systemClock },
      {
        file,
        caller,
        system,
        timeZone,
        connections: request.connections,
        signal: told.signal,
        onProgress: display.show,
      },
    );
    return { report, currency: system.currency, ms: systemClock.monotonicMs() - startedMs };
  } finally {
    display.end();
    await lanes.stop();
    await db.close();
  }
}

/** The till, who imports, and the zone of its shop. */
async function findTill(
  db: Database,
  { posSystemId, key }: Request,
): Promise<{ caller: Caller; system: SystemFacts; timeZone: string }> {
  const unknown = new Error(`There is no POS system ${posSystemId}; GET /v1/pos-systems lists them.`);
  const operator = backgroundActor('operator');
  const system = await db.transaction(operator, (tx) => findSystemFacts(tx, posSystemId));
  if (system === null) throw unknown;
  const caller = key === undefined ? operatorAt(system) : await callerOf(db, key);
  // A key is told of tills beyond its reach as little as over HTTP.
  if ((await db.transaction(caller, (tx) => findSystemFacts(tx, posSystemId))) === null) throw unknown;
  requirePermission(caller, 'sales.write', system);
  const location = await db.transaction(caller, (tx) => findLocation(tx, system.locationId));
  if (location === undefined) throw unknown;
  return { caller, system, timeZone: location.time_zone };
}

async function callerOf(db: Database, key: string): Promise<Caller> {
  const { secretKeys, dataDir } = readConfig();
  const secrets = createSecrets(secretKeys ?? (await loadSecretKeys(dataDir)));
  const authenticator = createAuthenticator({ db, clock: systemClock, tokenSecret: secrets.deriveKey('tokens') });
  return authenticator.authenticate(key);
}

function readRequest(args: readonly string[]): Request {
  const text = { type: 'string' } as const;
  const options = { 'pos-system': text, connections: text, format: text, key: text };
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  const [path, ...others] = positionals;
  if (path === undefined || others.length > 0) {
    throw new UsageError(`Give one FILE, got ${positionals.length}.`);
  }
  const posSystemId = values['pos-system']?.toLowerCase() ?? '';
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(posSystemId)) {
    throw new UsageError(`--pos-system must be the id of a POS system, got "${values['pos-system'] ?? ''}".`);
  }
  const connections = Number(values.connections ?? 8);
  if (!Number.isInteger(connections) || connections < 1 || connections > connectionsMax) {
    throw new UsageError(
      `--connections must be a whole number from 1 to ${connectionsMax}, got "${values.connections}".`,
    );
  }
  const format = fileFormats.find((known) => known === values.format);
  if (values.format !== undefined && format === undefined) {
    throw new UsageError(`--format must be ${fileFormats.join(' or ')}, got "${values.format}".`);
  }
  return { path, posSystemId, connections, format, key: values.key };
}
