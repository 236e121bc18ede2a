// What a bench answers with, and how it is shown: a table for people, then one JSON line a figure for programs.

export interface Figure {
  readonly bench: string;
  readonly metric: string;
  readonly unit: string;
  readonly ours: number;
  /** What it is compared with, e.g. `bare-ceiling`; null for a figure that stands alone. */
  readonly against: string | null;
  readonly theirs: number | null;
}

/** One row of the table: what, and its figures as text. */
export type Row = readonly string[];

export interface Report {
  readonly figures: readonly Figure[];
  /** Rows beside a head, as wide as the head. */
  readonly table: { readonly head: Row; readonly rows: readonly Row[] };
  /** Sentences below the table. */
  readonly notes: readonly string[];
}

export interface Timed {
  readonly metric: string;
  /** What was timed, for the table. */
  readonly name: string;
  /** In ms. */
  readonly times: readonly number[];
}

/** Times of several things, each by some of its percentiles: a figure and a column for each share of `shares`. */
export function reportTimes(
  bench: string,
  measured: readonly Timed[],
  shares: readonly { readonly name: string; readonly head: string; readonly share: number }[],
): Report {
  const figures = measured.flatMap(({ metric, times }) =>
    shares.map(({ name, share }) => ({
      ...{ bench, metric: `${metric}_${name}`, unit: 'ms', ours: percentile(times, share) },
      ...{ against: null, theirs: null },
    })),
  );
  const rows = measured.map(({ name, times }) => [
    name,
    String(times.length),
    ...shares.map(({ share }) => `${rounded(percentile(times, share))}`),
  ]);
  return { figures, table: { head: ['ms', 'count', ...shares.map(({ head }) => head)], rows }, notes: [] };
}

/** `ratio` is ours : theirs, null where there is nothing to compare with. */
export function figureLine({ bench, metric, unit, ours, against, theirs }: Figure): string {
  const ratio = theirs === null || theirs === 0 ? null : rounded(ours / theirs);
  const values = { ours: rounded(ours), against, theirs: theirs === null ? null : rounded(theirs), ratio };
  return JSON.stringify({ bench, metric, unit, ...values });
}

/** The head and the rows in columns; the first to the left, figures to the right. */
export function drawTable({ head, rows }: Report['table']): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const draw = (row: Row) =>
    row
      .map((text, column) => (column === 0 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd();
  const rule = widths.map((width) => '-'.repeat(width)).join('  ');
  return [draw(head), rule, ...rows.map(draw)].join('\n');
}

/** Four significant digits: a bench knows no more. */
export function rounded(value: number): number {
  return Number(value.toPrecision(4));
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  if (low === undefined || high === undefined) throw new RangeError('nothing was measured');
  return (low + high) / 2;
}

/** The smallest of the values that at least `share` (0 to 1) of them do not exceed. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const found = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  if (found === undefined) throw new RangeError('nothing was measured');
  return found;
}
