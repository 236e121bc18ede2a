// What import-sales shows: a bar that moves on a terminal, plain lines elsewhere (both on standard error), and at the end
// a summary on standard output.
import type { ImportProgress, ImportReport, SalesFile } from '../import/index.ts';
import type { Clock } from '../platform/clock.ts';

export interface Screen {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

export interface ImportDisplay {
  readonly show: (progress: ImportProgress) => void;
  /** Leaves the bar's line. */
  end(): void;
}

const barCells = 24;
const drawEveryMs = 100;
/** Of the file, between two plain lines; a file so long that this takes longer is reported by time. */
const lineEveryPercent = 5;
const lineEveryMs = 10_000;

export function createImportDisplay(file: SalesFile, clock: Clock, screen: Screen = process.stderr): ImportDisplay {
  const startedMs = clock.monotonicMs();
  let shown: { percent: number; ms: number } | null = null;

  function show({ before, reached }: ImportProgress): void {
    const nowMs = clock.monotonicMs();
    const percent = Math.floor((100 * reached.end) / file.textBytes);
    if (shown === null) {
      if (before.sales > 0) {
        screen.write(`Going on behind ${count(before.sales)} sales, where the import was interrupted.\n`);
      }
      shown = { percent, ms: nowMs };
    }
    const seconds = (nowMs - startedMs) / 1_000;
    const perSecond = seconds > 0 ? (reached.sales - before.sales) / seconds : 0;
    const refused = reached.rejected > 0 ? `, ${count(reached.rejected)} refused` : '';
    const figures = `${String(percent).padStart(3)} %  ${count(reached.sales)} sales  ${count(Math.round(perSecond))}/s${refused}`;
    if (screen.isTTY) {
      if (nowMs - shown.ms < drawEveryMs && percent < 100) return;
      const cells = Math.floor((barCells * percent) / 100);
      screen.write(`\r[${'#'.repeat(cells)}${'-'.repeat(barCells - cells)}] ${figures}\u001b[K`);
    } else {
      if (percent < shown.percent + lineEveryPercent && nowMs - shown.ms < lineEveryMs) return;
      screen.write(`${figures}\n`);
    }
    shown = { percent, ms: nowMs };
  }

  return {
    show,
    end: () => {
      if (screen.isTTY) screen.write('\n');
    },
  };
}

export function summaryOf(
  { before, reached, isFinished, books }: ImportReport,
  { path, currency, ms }: { readonly path: string; readonly currency: string; readonly ms: number },
): string {
  const own = reached.sales - before.sales;
  const seconds = ms / 1_000;
  const rate = count(Math.round(own / Math.max(seconds, 0.001)));
  const earlier = before.sales > 0 ? `, ${count(before.sales)} of them before it was interrupted` : '';
  const lines = [
    `${isFinished ? 'Imported' : 'Interrupted:'} ${path}: ${count(reached.sales)} sales of ${count(reached.lines)} lines${earlier}`,
    `  created    ${count(reached.created)}`,
    `  updated    ${count(reached.updated)}`,
    `  duplicate  ${count(reached.duplicate)}`,
    `  refused    ${count(reached.rejected)}`,
    `  sum of the sales that were not refused: ${amount(reached.total)} ${currency}`,
    `  in the books of this till now: ${count(books.sales)} sales, ${amount(books.revenue)} ${currency}`,
    `  ${seconds.toFixed(1)} s, ${rate} sales/s`,
  ];
  if (!isFinished) lines.push('Give the same command again to go on from here.');
  if (reached.rejected > 0) lines.push('The refused sales are kept with the reason: GET /v1/sync-errors.');
  return lines.join('\n');
}

const count = (figure: number): string => figure.toLocaleString('en-US');

/** A plain decimal with at least two digits behind the point. */
function amount(text: string): string {
  const [whole = '', fraction = ''] = text.split('.');
  return `${whole}.${fraction.padEnd(2, '0')}`;
}
