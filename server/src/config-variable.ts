// How one environment variable is read and refused; config.ts lists which there are.

export interface Variable<T> {
  /** The value of a text, or undefined where the text is not allowed. */
  readonly parse: (text: string) => T | undefined;
  /** Completes "NAME must be …". */
  readonly allowed: string;
  /** A value that is allowed, for the message. */
  readonly example: string;
  /** What a message says of a refused value instead of the value itself, for those that hold secrets. */
  readonly describe?: (text: string) => string;
}

export function wholeNumber(min: number, max: number, example: number): Variable<number> {
  return {
    parse(text) {
      const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
      return value >= min && value <= max ? value : undefined;
    },
    allowed: `a whole number from ${min} to ${max}`,
    example: String(example),
  };
}

export function oneOf<const T extends string>(values: readonly T[], example: T): Variable<T> {
  return {
    parse: (text) => values.find((value) => value === text),
    allowed: `one of ${values.join(', ')}`,
    example,
  };
}

/** Some of the values, separated by commas, in the order in which they are listed here. */
export function someOf<const T extends string>(values: readonly T[], example: readonly T[]): Variable<readonly T[]> {
  return {
    parse(text) {
      const parts = text.split(',').map((part) => part.trim());
      if (!parts.every((part) => (values as readonly string[]).includes(part))) return undefined;
      return Object.freeze(values.filter((value) => parts.includes(value)));
    },
    allowed: `one or more of ${values.join(', ')}, separated by commas`,
    example: example.join(','),
  };
}

export const onOrOff: Variable<boolean> = {
  parse(text) {
    const lower = text.toLowerCase();
    if (['on', 'true', 'yes', '1'].includes(lower)) return true;
    return ['off', 'false', 'no', '0'].includes(lower) ? false : undefined;
  },
  allowed: 'on or off',
  example: 'on',
};

export function urlWith(protocols: readonly string[], example: string): Variable<string> {
  return {
    parse: (text) => (URL.canParse(text) && protocols.includes(new URL(text).protocol) ? text : undefined),
    allowed: `an address that begins with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
    example,
    describe: (text) => `"${withoutPassword(text)}"`,
  };
}

/** A PostgreSQL's address. What the driver would fill in (this user, this machine) is never what an operator means. */
export function postgresAddress(example: string): Variable<string> {
  const address = urlWith(['postgres:', 'postgresql:'], example);
  return {
    ...address,
    parse(text) {
      const url = address.parse(text);
      return url !== undefined && namesDatabase(new URL(url)) ? url : undefined;
    },
    allowed: `${address.allowed} and names a user, a host and a database`,
  };
}

function namesDatabase({ username, hostname, pathname }: URL): boolean {
  return username !== '' && hostname !== '' && /^\/[^/]+$/.test(pathname);
}

/** Hides everything between "://" and the last "@": also where a wrong address does not parse as one. */
export function withoutPassword(url: string): string {
  const scheme = url.indexOf('://');
  const at = url.lastIndexOf('@');
  return at === -1 ? url : `${scheme === -1 ? '' : url.slice(0, scheme + 3)}***${url.slice(at)}`;
}

/** The known name that a misspelt one was probably meant to be, or null. */
export function closestName(name: string, known: readonly string[]): string | null {
  const distanceMax = 4;
  let best: string | null = null;
  let bestDistance = distanceMax + 1;
  for (const candidate of known) {
    const distance = editDistance(name, candidate);
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 0; i < a.length; i++) {
    const current = [i + 1];
    for (let j = 0; j < b.length; j++) {
      const replaced = (previous[j] ?? 0) + (a[i] === b[j] ? 0 : 1);
      current.push(Math.min(replaced, (previous[j + 1] ?? 0) + 1, (current[j] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}
