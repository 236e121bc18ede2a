/**
 * How the embedded server is tuned: for one machine that also runs the application, and never at the price of a sale.
 */

export type Settings = Readonly<Record<string, string | number>>;

const defaults: Settings = {
  max_connections: 100,
  // Small enough for a laptop, large enough that a demo's weeks of data are read from memory.
  shared_buffers: '256MB',
  effective_cache_size: '1GB',
  // A checkpoint writes whole pages again to the log: rare ones keep the log small under steady sales.
  checkpoint_timeout: '15min',
  max_wal_size: '2GB',
  min_wal_size: '128MB',
  // A statement over the partitions of the log or of the movements locks each of them and each of their indexes.
  max_locks_per_transaction: 512,
  random_page_cost: 1.1,
  // Our statements take milliseconds; compiling one takes longer.
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  // The clients report their own errors. A statement's text or an error's detail would put rows into this file, and rows
  // hold personal data.
  log_min_messages: 'warning',
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
};

/** A sale is acknowledged when it is on the disk. Nobody, tests included, measures or relies on anything less. */
const fixed = new Set(['fsync', 'full_page_writes', 'synchronous_commit', 'listen_addresses', 'port']);

/**
 * Returns the defaults with `own` over them.
 *
 * @throws {Error} on a setting that decides durability or where the server listens.
 */
export function mergeSettings(own: Settings = {}): Settings {
  const refused = Object.keys(own).find((name) => fixed.has(name.toLowerCase()));
  if (refused !== undefined) throw new Error(`The embedded PostgreSQL does not let "${refused}" be changed.`);
  return { ...defaults, ...own };
}

/** TCP on the loopback address alone: socket paths have a length limit that deep checkouts and temporary folders exceed. */
export function commandLine(settings: Settings, port: number): string[] {
  const all: Settings = { ...settings, listen_addresses: '127.0.0.1', port, unix_socket_directories: '' };
  return Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}
