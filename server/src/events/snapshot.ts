// PostgreSQL's snapshots in text form, `xmin:xmax:xip,xip,…`: every transaction below xmin had ended, none from xmax on
// had ended (some may have begun), and those listed were still running. The relay reads the difference between two of them.

export interface Snapshot {
  readonly xmin: bigint;
  readonly xmax: bigint;
  /** The transactions in progress, ascending, as text for a query parameter. */
  readonly inProgress: readonly string[];
}

const form = /^(\d{1,20}):(\d{1,20}):((?:\d{1,20},)*\d{1,20})?$/;

/** The snapshot in which everything has committed that ever will: how an epoch that is over is read to its end. */
export const endSnapshot = '9223372036854775807:9223372036854775807:';

const idMax = 2n ** 63n - 1n;

/** Whether PostgreSQL would take it for one: from a stranger's hands it may be anything. */
export function isSnapshot(text: string): boolean {
  if (!form.test(text)) return false;
  const { xmin, xmax, inProgress } = parseSnapshot(text);
  const ids = inProgress.map(BigInt);
  if (xmin < 1n || xmax < xmin || xmax > idMax) return false;
  return ids.every((id, place) => id >= (ids[place - 1] ?? xmin) && id < xmax);
}

/** Reads the text form; throws a RangeError where it is not one. */
export function parseSnapshot(text: string): Snapshot {
  const parts = form.exec(text);
  if (!parts?.[1] || !parts[2]) throw new RangeError(`not a snapshot: ${text}`);
  return { xmin: BigInt(parts[1]), xmax: BigInt(parts[2]), inProgress: parts[3]?.split(',') ?? [] };
}
