// The environment, read once at the start and handed out frozen. Nothing else looks at process.env, so this list is all
// that an operator can set; everything wrong with it is reported at once, each with the value and what would be right.
import { resolve } from 'node:path';
import {
  closestName,
  oneOf,
  onOrOff,
  postgresAddress,
  someOf,
  urlWith,
  type Variable,
  wholeNumber,
} from './config-variable.ts';
import { type LogLevel, logLevels } from './platform/logger.ts';
import { secretKeyBytes } from './platform/secrets.ts';

export type NodeRole = 'api' | 'worker' | 'gateway';

export interface Config {
  readonly http: {
    readonly host: string;
    /** 0 takes a free port. */
    readonly port: number;
    /** Longest time for a request to arrive and for its answer to be made, in ms. */
    readonly requestTimeoutMs: number;
  };
  /** Absolute path; holds the embedded database, the secret key and the demo's file. */
  readonly dataDir: string;
  readonly database: {
    /** null: the embedded PostgreSQL in the data directory. */
    readonly url: string | null;
    readonly connectionsMax: number;
  };
  readonly demo: boolean;
  readonly roles: readonly NodeRole[];
  /** Whether tills may stand on this machine or in its network; see platform/outbound-addresses.ts. */
  readonly privateVendors: boolean;
  /** The wire to other nodes of the same database; null: each gateway reads the log by itself. */
  readonly natsUrl: string | null;
  readonly logLevel: LogLevel;
  /** 32 bytes each, the first for sealing, the others for opening what they sealed; null: the data directory's file. */
  readonly secretKeys: readonly Uint8Array[] | null;
  /** Longest time that stopping may take before it is forced, in ms. */
  readonly stopTimeoutMs: number;
  /** What the WebSockets of this node may take; see delivery/realtime/limits.ts. */
  readonly socketLimits: {
    readonly socketsMax: number;
    readonly acceptsPerSecondMax: number;
    readonly frameBytesMax: number;
    readonly channelsPerSocketMax: number;
    readonly bindingsPerSocketMax: number;
    readonly bindingsPerChannelMax: number;
    readonly messagesPerSecondMax: number;
    readonly bytesPerSecondMax: number;
    readonly joinsPerSecondMax: number;
    readonly broadcastBytesMax: number;
    readonly presenceCallsMax: number;
    readonly queueBytesMax: number;
    readonly idleMs: number;
    readonly channellessMs: number;
  };
  /** Whose tokens are taken besides our own; null: nobody's. */
  readonly externalIssuer: {
    readonly jwksUrl: string;
    readonly issuer: string | null;
    readonly audience: string | null;
  } | null;
  /** Weeks of events that are kept whole, beside the present one; the books are kept for ever. */
  readonly eventRetentionWeeks: number;
  /** Where the tests make their databases; null: an embedded PostgreSQL of their own. */
  readonly testDatabaseUrl: string | null;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** All that is wrong with the environment; the message has one line for each problem. */
export class ConfigError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

const hostName: Variable<string> = {
  parse: (text) => (/^[A-Za-z0-9._:-]{1,253}$/.test(text) ? text : undefined),
  allowed: 'a host name or an IP address of this machine',
  example: '0.0.0.0',
};

const directory: Variable<string> = {
  parse: (text) => (text.includes('\0') ? undefined : text),
  allowed: 'a path to a directory',
  example: '/var/lib/tillstream',
};

const secretKeyList: Variable<readonly Uint8Array[]> = {
  parse(text) {
    const keys = text.split(',').map((part) => decodeBase64(part.trim()));
    return keys.every((key) => key?.length === secretKeyBytes) ? (keys as readonly Uint8Array[]) : undefined;
  },
  allowed: `${secretKeyBytes} random bytes in base64 (several separated by commas: the first seals, all open)`,
  example: '"$(openssl rand -base64 32)"',
  describe: (text) => `a secret of ${text.length} characters, which is not shown`,
};

const postgresUrl = postgresAddress('postgres://tillstream:secret@db.example.com:5432/tillstream');

function claim(example: string): Variable<string> {
  return { parse: (text) => (text.length <= 1_000 ? text : undefined), allowed: 'at most 1000 characters', example };
}

const variables = {
  TILLSTREAM_HOST: hostName,
  TILLSTREAM_PORT: wholeNumber(0, 65_535, 8787),
  TILLSTREAM_REQUEST_TIMEOUT_MS: wholeNumber(1_000, 600_000, 30_000),
  TILLSTREAM_DATA_DIR: directory,
  TILLSTREAM_DEMO: onOrOff,
  TILLSTREAM_PRIVATE_VENDORS: onOrOff,
  TILLSTREAM_ROLES: someOf(['api', 'worker', 'gateway'], ['api', 'worker']),
  TILLSTREAM_NATS_URL: urlWith(['nats:', 'tls:'], 'nats://127.0.0.1:4222'),
  TILLSTREAM_LOG_LEVEL: oneOf(logLevels, 'info'),
  TILLSTREAM_SECRET_KEY: secretKeyList,
  TILLSTREAM_STOP_TIMEOUT_MS: wholeNumber(100, 600_000, 15_000),
  TILLSTREAM_SOCKETS_MAX: wholeNumber(1, 1_000_000, 20_000),
  TILLSTREAM_SOCKET_ACCEPTS_PER_SECOND_MAX: wholeNumber(1, 100_000, 1_000),
  TILLSTREAM_SOCKET_FRAME_BYTES_MAX: wholeNumber(1_024, 16_777_216, 1_048_576),
  TILLSTREAM_SOCKET_CHANNELS_MAX: wholeNumber(1, 10_000, 100),
  TILLSTREAM_SOCKET_BINDINGS_MAX: wholeNumber(1, 100_000, 1_000),
  TILLSTREAM_SOCKET_CHANNEL_BINDINGS_MAX: wholeNumber(1, 10_000, 100),
  TILLSTREAM_SOCKET_MESSAGES_PER_SECOND_MAX: wholeNumber(1, 100_000, 200),
  TILLSTREAM_SOCKET_BYTES_PER_SECOND_MAX: wholeNumber(65_536, 1_073_741_824, 2_097_152),
  TILLSTREAM_SOCKET_JOINS_PER_SECOND_MAX: wholeNumber(1, 10_000, 100),
  TILLSTREAM_SOCKET_BROADCAST_BYTES_MAX: wholeNumber(1, 16_777_216, 262_144),
  TILLSTREAM_SOCKET_PRESENCE_CALLS_MAX: wholeNumber(1, 10_000, 30),
  TILLSTREAM_SOCKET_QUEUE_BYTES_MAX: wholeNumber(65_536, 268_435_456, 1_048_576),
  TILLSTREAM_SOCKET_IDLE_MS: wholeNumber(5_000, 3_600_000, 60_000),
  TILLSTREAM_SOCKET_CHANNELLESS_MS: wholeNumber(5_000, 3_600_000, 60_000),
  TILLSTREAM_JWKS_URL: urlWith(['https:', 'http:'], 'https://project.supabase.co/auth/v1/.well-known/jwks.json'),
  TILLSTREAM_JWT_ISSUER: claim('https://project.supabase.co/auth/v1'),
  TILLSTREAM_JWT_AUDIENCE: claim('authenticated'),
  // At most 32 partitions of the log: 26 weeks back, the present one, and those made ahead.
  TILLSTREAM_EVENT_RETENTION_WEEKS: wholeNumber(1, 26, 8),
  TILLSTREAM_DATABASE_CONNECTIONS_MAX: wholeNumber(2, 1_000, 10),
  TILLSTREAM_TEST_DATABASE_URL: postgresUrl,
  DATABASE_URL: postgresUrl,
} satisfies Record<string, Variable<unknown>>;

type Name = keyof typeof variables;
type ValueOf<N extends Name> = (typeof variables)[N] extends Variable<infer T> ? T : never;

/** Every variable that is read; docs and the message about misspelt ones go by it. */
export const variableNames = Object.freeze(Object.keys(variables));

/** Reads the environment; throws a ConfigError with everything that is wrong. An empty variable counts as unset. */
export function readConfig(environment: Environment = process.env): Config {
  const problems: string[] = [];

  function read<N extends Name>(name: N): ValueOf<N> | null {
    const text = environment[name];
    if (text === undefined || text === '') return null;
    const variable = variables[name] as Variable<ValueOf<N>>;
    const value = variable.parse(text);
    if (value !== undefined) return value;
    problems.push(refusal(name, variable, text));
    return null;
  }

  const databaseUrl = read('DATABASE_URL');
  const roles = read('TILLSTREAM_ROLES') ?? Object.freeze(['api', 'worker', 'gateway'] as const);
  const issuer = read('TILLSTREAM_JWT_ISSUER');
  const audience = read('TILLSTREAM_JWT_AUDIENCE');
  const jwksUrl = read('TILLSTREAM_JWKS_URL');
  if (jwksUrl === null && (issuer ?? audience) !== null) {
    problems.push(
      'TILLSTREAM_JWT_ISSUER and TILLSTREAM_JWT_AUDIENCE say whose tokens are taken; set TILLSTREAM_JWKS_URL too',
    );
  }
  const demo = read('TILLSTREAM_DEMO') ?? (databaseUrl === null && roles.includes('api'));
  const config: Config = {
    http: Object.freeze({
      host: read('TILLSTREAM_HOST') ?? '127.0.0.1',
      port: read('TILLSTREAM_PORT') ?? 8787,
      requestTimeoutMs: read('TILLSTREAM_REQUEST_TIMEOUT_MS') ?? 30_000,
    }),
    dataDir: resolve(read('TILLSTREAM_DATA_DIR') ?? '.tillstream'),
    database: Object.freeze({ url: databaseUrl, connectionsMax: read('TILLSTREAM_DATABASE_CONNECTIONS_MAX') ?? 10 }),
    demo,
    roles,
    // The demo's vendors are simulated on this machine.
    privateVendors: read('TILLSTREAM_PRIVATE_VENDORS') ?? demo,
    natsUrl: read('TILLSTREAM_NATS_URL'),
    logLevel: read('TILLSTREAM_LOG_LEVEL') ?? 'info',
    secretKeys: read('TILLSTREAM_SECRET_KEY'),
    stopTimeoutMs: read('TILLSTREAM_STOP_TIMEOUT_MS') ?? 15_000,
    socketLimits: Object.freeze({
      socketsMax: read('TILLSTREAM_SOCKETS_MAX') ?? 20_000,
      acceptsPerSecondMax: read('TILLSTREAM_SOCKET_ACCEPTS_PER_SECOND_MAX') ?? 1_000,
      frameBytesMax: read('TILLSTREAM_SOCKET_FRAME_BYTES_MAX') ?? 1_048_576,
      channelsPerSocketMax: read('TILLSTREAM_SOCKET_CHANNELS_MAX') ?? 100,
      bindingsPerSocketMax: read('TILLSTREAM_SOCKET_BINDINGS_MAX') ?? 1_000,
      bindingsPerChannelMax: read('TILLSTREAM_SOCKET_CHANNEL_BINDINGS_MAX') ?? 100,
      messagesPerSecondMax: read('TILLSTREAM_SOCKET_MESSAGES_PER_SECOND_MAX') ?? 200,
      bytesPerSecondMax: read('TILLSTREAM_SOCKET_BYTES_PER_SECOND_MAX') ?? 2_097_152,
      joinsPerSecondMax: read('TILLSTREAM_SOCKET_JOINS_PER_SECOND_MAX') ?? 100,
      broadcastBytesMax: read('TILLSTREAM_SOCKET_BROADCAST_BYTES_MAX') ?? 262_144,
      presenceCallsMax: read('TILLSTREAM_SOCKET_PRESENCE_CALLS_MAX') ?? 30,
      queueBytesMax: read('TILLSTREAM_SOCKET_QUEUE_BYTES_MAX') ?? 1_048_576,
      idleMs: read('TILLSTREAM_SOCKET_IDLE_MS') ?? 60_000,
      channellessMs: read('TILLSTREAM_SOCKET_CHANNELLESS_MS') ?? 60_000,
    }),
    externalIssuer: jwksUrl === null ? null : Object.freeze({ jwksUrl, issuer, audience }),
    eventRetentionWeeks: read('TILLSTREAM_EVENT_RETENTION_WEEKS') ?? 8,
    testDatabaseUrl: read('TILLSTREAM_TEST_DATABASE_URL'),
  };
  problems.push(...contradictions(config), ...unknownNames(environment));
  if (problems.length > 0) throw new ConfigError(problems);
  return Object.freeze(config);
}

function contradictions({ demo, roles, socketLimits }: Config): string[] {
  const problems: string[] = [];
  if (demo && !roles.includes('api')) {
    problems.push('TILLSTREAM_DEMO=on needs the role api, whose routes the demo uses; for example TILLSTREAM_DEMO=off');
  }
  const { frameBytesMax, bytesPerSecondMax } = socketLimits;
  if (frameBytesMax > bytesPerSecondMax * 2) {
    problems.push(
      `TILLSTREAM_SOCKET_FRAME_BYTES_MAX is more than twice TILLSTREAM_SOCKET_BYTES_PER_SECOND_MAX (${bytesPerSecondMax}), ` +
        `so that the largest frames would close their sockets; raise the latter to at least ${Math.ceil(frameBytesMax / 2)}`,
    );
  }
  return problems;
}

function refusal(name: string, variable: Variable<unknown>, text: string): string {
  const got = variable.describe?.(text) ?? JSON.stringify(text);
  return `${name} must be ${variable.allowed}, got ${got}; for example ${name}=${variable.example}`;
}

// A misspelt variable that is silently ignored is a setting that the operator believes in; so it stops the start.
function unknownNames(environment: Environment): string[] {
  return Object.keys(environment)
    .filter((name) => name.startsWith('TILLSTREAM_') && !variableNames.includes(name))
    .map((name) => {
      const closest = closestName(name, variableNames);
      const suggestion =
        closest === null ? `the known ones are ${variableNames.join(', ')}` : `did you mean ${closest}?`;
      return `${name} is not a variable of Tillstream; ${suggestion}`;
    });
}

function decodeBase64(text: string): Uint8Array | null {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return null;
  return new Uint8Array(Buffer.from(text, 'base64'));
}
