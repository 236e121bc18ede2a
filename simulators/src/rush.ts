// How busy a shop is over its day: the intensity of the arrival process that generate-day.ts and endless-sales.ts draw
// from. The shape (a sharp morning, a broader noon, a gentle evening) is that of published coffee-shop sales, where the
// busiest hour has about three times the sales of a quiet one.

import { minuteOfDay } from './local-time.ts';
import type { Shop } from './sale.ts';

const quiet = 0.35;
const peaks = [
  { minute: 8 * 60 + 30, width: 75, height: 1 },
  { minute: 12 * 60 + 30, width: 50, height: 0.55 },
  { minute: 17 * 60 + 15, width: 60, height: 0.4 },
] as const;

/** Relative busyness at a minute of the day, between `quiet` and `busiest`. */
function bustle(minute: number): number {
  return peaks.reduce(
    (sum, peak) => sum + peak.height * Math.exp(-(((minute - peak.minute) / peak.width) ** 2) / 2),
    quiet,
  );
}

const minutesOfDay = Array.from({ length: 1440 }, (_, minute) => minute);
const busiest = Math.max(...minutesOfDay.map(bustle)) * 1.001;

export interface OpeningHours {
  /** Minutes after midnight of the business day; `closes` exceeds 1440 where a shop closes after midnight. */
  readonly opens: number;
  readonly closes: number;
}

/** The opening hours of a shop in minutes after midnight. */
export function openingHours(shop: Pick<Shop, 'opensAt' | 'closesAt' | 'alwaysOpen'>): OpeningHours {
  if (shop.alwaysOpen) return { opens: 0, closes: 1440 };
  const opens = minuteOfDay(shop.opensAt);
  const closes = minuteOfDay(shop.closesAt);
  return { opens, closes: closes > opens ? closes : closes + 1440 };
}

export interface Rush {
  /** Expected sales per minute at a minute of the business day; 0 while the shop is closed. */
  rateAt(minute: number): number;
  /** No minute's rate is above this: what thinning needs. */
  readonly rateMax: number;
}

/** The shop's rush, scaled so that a day from opening to closing expects `salesPerDay` sales. */
export function rushOf(shop: Pick<Shop, 'opensAt' | 'closesAt' | 'alwaysOpen' | 'salesPerDay'>): Rush {
  const { opens, closes } = openingHours(shop);
  let area = 0;
  for (let minute = opens; minute < closes; minute++) area += bustle((minute + 0.5) % 1440);
  const scale = shop.salesPerDay / area;
  const isOpen = (minute: number) =>
    shop.alwaysOpen || (minute >= opens && minute < closes) || (minute + 1440 >= opens && minute + 1440 < closes);
  return { rateAt: (minute) => (isOpen(minute) ? scale * bustle(minute % 1440) : 0), rateMax: scale * busiest };
}
