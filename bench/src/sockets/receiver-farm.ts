// The receivers of a bench: some processes full of sockets, counted together.
import { AskedProcess } from '../ground/asked-process.ts';
import type { DialectName, Seat } from './dialects.ts';

export interface FarmOptions {
  readonly port: number;
  readonly dialect: DialectName;
  readonly eventBytesMin: number;
  /** Whether the time that each event has taken is read from it (see receive.ts). */
  readonly readsTimes: boolean;
}

export interface OpenOrder extends FarmOptions {
  readonly order: 'open';
  readonly seats: readonly Seat[];
}

export type FarmOrder =
  | OpenOrder
  /** Say `complete` when so many events have come since the beginning. */
  | { readonly order: 'expect'; readonly events: number }
  | { readonly order: 'report' }
  | { readonly order: 'stop' };

export type FarmAnswer =
  | { readonly answer: 'opened' }
  | { readonly answer: 'complete'; readonly atUs: number }
  | FarmReport;

export interface FarmReport {
  readonly answer: 'report';
  /** Events of each socket since it was opened, in the order of the seats. */
  readonly counts: readonly number[];
  /** Reads that brought events. */
  readonly reads: number;
  /** Since the last report. */
  readonly latenciesMs: readonly number[];
}

export class ReceiverFarm {
  readonly #processes: readonly FarmProcess[];

  /** Opens all sockets, the seats dealt out in turn to `processes` processes. */
  static async open(options: FarmOptions, seats: readonly Seat[], processes = 2): Promise<ReceiverFarm> {
    const shares = Array.from({ length: processes }, (_, share) => seats.filter((_, at) => at % processes === share));
    const farm = new ReceiverFarm(shares.map((share) => new FarmProcess(share)));
    await Promise.all(farm.#processes.map((each) => each.open(options)));
    return farm;
  }

  private constructor(processes: readonly FarmProcess[]) {
    this.#processes = processes;
  }

  /** The moment, in µs of the steady clock, at which the sockets of each process have on average got so many events more. */
  async arrival(eventsPerSocket: number): Promise<number> {
    const moments = await Promise.all(this.#processes.map((each) => each.arrival(eventsPerSocket)));
    return Math.max(...moments);
  }

  async report(): Promise<Omit<FarmReport, 'answer'>> {
    const reports = await Promise.all(this.#processes.map((each) => each.report()));
    return {
      counts: seatOrder(reports.map(({ counts }) => counts)),
      reads: reports.reduce((sum, { reads }) => sum + reads, 0),
      latenciesMs: reports.flatMap(({ latenciesMs }) => latenciesMs),
    };
  }

  async close(): Promise<void> {
    await Promise.all(this.#processes.map((each) => each.stop()));
  }
}

/** The seats were dealt out in turn, and are collected in turn. */
function seatOrder<T>(shares: readonly (readonly T[])[]): T[] {
  const longest = Math.max(...shares.map((share) => share.length));
  return Array.from({ length: longest }, (_, round) => shares.flatMap((share) => share.slice(round, round + 1))).flat();
}

class FarmProcess {
  readonly #seats: readonly Seat[];
  readonly #process = new AskedProcess<FarmOrder, FarmAnswer>(new URL('./receive.ts', import.meta.url));
  #expected = 0;

  constructor(seats: readonly Seat[]) {
    this.#seats = seats;
  }

  async open(options: FarmOptions): Promise<void> {
    await this.#process.hear({ order: 'open', ...options, seats: this.#seats });
  }

  async arrival(eventsPerSocket: number): Promise<number> {
    this.#expected += this.#seats.length * eventsPerSocket;
    const answer = await this.#process.hear({ order: 'expect', events: this.#expected });
    if (answer.answer !== 'complete') throw new Error('receivers answer what they are asked');
    return answer.atUs;
  }

  async report(): Promise<FarmReport> {
    const answer = await this.#process.hear({ order: 'report' });
    if (answer.answer !== 'report') throw new Error('receivers answer what they are asked');
    return answer;
  }

  stop(): Promise<void> {
    return this.#process.stop({ order: 'stop' });
  }
}
