// What went wrong at the start, in words that say which setting to look at. Node's own messages name an errno.

const advice: Readonly<Record<string, string>> = {
  'listen EADDRINUSE':
    'Something listens there already, perhaps another Tillstream: stop it, or set TILLSTREAM_PORT, for example TILLSTREAM_PORT=8788.',
  'listen EACCES': 'This user may not listen there: set TILLSTREAM_PORT to 1024 or more.',
  'listen EADDRNOTAVAIL':
    'That is no address of this machine: set TILLSTREAM_HOST, for example TILLSTREAM_HOST=0.0.0.0.',
  'getaddrinfo ENOTFOUND': 'There is no such host: check TILLSTREAM_HOST and the host in DATABASE_URL.',
  'connect ECONNREFUSED': 'Nothing answers there: check the host and port in DATABASE_URL, and that PostgreSQL runs.',
  'connect ETIMEDOUT': 'Nothing answers there: check the host and port in DATABASE_URL, and the network between.',
  'mkdir EEXIST': 'That is a file: set TILLSTREAM_DATA_DIR to a directory.',
  'mkdir ENOENT': 'No directory can be made there: set TILLSTREAM_DATA_DIR to another place.',
  'mkdir EACCES': 'This user may not write there: set TILLSTREAM_DATA_DIR to another place.',
};

/** One line for the operator: the failure, and what to do about it where that is known. */
export function explainFailure(error: unknown): string {
  // Several addresses of one host fail together; the first says enough.
  if (error instanceof AggregateError && error.errors.length > 0) return explainFailure(error.errors[0]);
  if (!(error instanceof Error)) return String(error);
  const { code = '', syscall = '' }: NodeJS.ErrnoException = error;
  const known = advice[`${syscall} ${code}`];
  return known === undefined ? error.message : `${error.message}. ${known}`;
}
