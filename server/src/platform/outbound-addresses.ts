// Where this server lets itself be sent. An address that a tenant gives (a till's own server, say) is asked from inside the
// operator's network, so without a bound it reaches what only the inside may reach: this machine, the neighbours, the
// cloud's metadata with its credentials. What counts is the address that a name resolves to, at the moment of each
// connection: a name can be harmless when it is looked at and point inside a second later.
import { lookup as systemLookup } from 'node:dns';
import { lookup as lookUp } from 'node:dns/promises';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { Agent, fetch as fetchWith } from 'undici';

/** The sentence says what was refused without naming the address: who asks must not map the inside by it. */
export class AddressRefused extends Error {
  override readonly name = 'AddressRefused';

  constructor(host: string) {
    super(
      `${host} is not on the public internet: this server asks no addresses of its own machine or network, unless its ` +
        'operator sets TILLSTREAM_PRIVATE_VENDORS=on.',
    );
  }
}

export interface OutboundAddresses {
  /** Like the global fetch; rejects with an error that isAddressRefused knows. Follow no redirects with it but its own. */
  readonly fetch: (url: string | URL, init?: RequestInit) => Promise<Response>;
  /** Whether it would be asked as things stand; throws AddressRefused. A name that does not resolve passes. */
  readonly check: (url: string | URL) => Promise<void>;
}

/** `allowPrivate`: for laptops, the demo and tests, whose vendors are simulated on this machine. */
export function createOutboundAddresses({ allowPrivate }: { readonly allowPrivate: boolean }): OutboundAddresses {
  if (allowPrivate) return { fetch: (url, init) => fetch(url, init), check: async () => undefined };
  const dispatcher = new Agent({ connect: { lookup: publicLookup } });
  return {
    async fetch(url, init = {}) {
      refuseLiteral(url);
      // The same fetch as the global one, from the package, whose own agents alone it takes.
      const response = await fetchWith(url, { ...(init as object), dispatcher });
      const { status, statusText, headers } = response;
      return new Response(response.body as ReadableStream | null, { status, statusText, headers: [...headers] });
    },
    async check(url) {
      refuseLiteral(url);
      const host = hostOf(url);
      const found = await lookUp(host, { all: true }).catch(() => []);
      if (found.some(({ address }) => !isPublicAddress(address))) throw new AddressRefused(host);
    },
  };
}

/** An HTTP client wraps what went wrong on the way in an error of its own. */
export function isAddressRefused(error: unknown): error is AddressRefused {
  return addressRefusedIn(error) !== null;
}

export function addressRefusedIn(error: unknown): AddressRefused | null {
  if (error instanceof AddressRefused) return error;
  return error instanceof Error && error.cause !== undefined ? addressRefusedIn(error.cause) : null;
}

/** An address in place of a name is not looked up, so nobody else would see it. */
function refuseLiteral(url: string | URL): void {
  const host = hostOf(url);
  if (isIP(host) !== 0 && !isPublicAddress(host)) throw new AddressRefused(host);
}

const hostOf = (url: string | URL): string => new URL(url).hostname.replace(/^\[|\]$/g, '');

// One address inside among several is enough: which one is connected to is not ours to choose.
const publicLookup: LookupFunction = (host, options, done) => {
  systemLookup(host, { ...options, all: true }, (error, found) => {
    const [first] = found ?? [];
    if (error !== null || first === undefined) return done(error ?? new Error(`${host} has no address`), '', 0);
    if (found.some(({ address }) => !isPublicAddress(address))) return done(new AddressRefused(host), '', 0);
    if (options.all) return done(null, found);
    done(null, first.address, first.family);
  });
};

const ranges4 = [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24'],
  ...['192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24'],
  ...['224.0.0.0/4', '240.0.0.0/4'],
];
// Of IPv6 only 2000::/3 is given out. Within it: Teredo and 6to4, which carry an IPv4 address, and documentation.
const ranges6 = ['2001::/32', '2001:db8::/32', '2002::/16'];

const notPublic = new BlockList();
for (const [ranges, family] of [
  [ranges4, 'ipv4'],
  [ranges6, 'ipv6'],
] as const) {
  for (const range of ranges) {
    const [net = '', bits = ''] = range.split('/');
    notPublic.addSubnet(net, Number(bits), family);
  }
}
const givenOut6 = new BlockList();
givenOut6.addSubnet('2000::', 3, 'ipv6');

/** Whether an address is one of the public internet; false for what is none. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return !notPublic.check(address, 'ipv4');
  return family === 6 && givenOut6.check(address, 'ipv6') && !notPublic.check(address, 'ipv6');
}
