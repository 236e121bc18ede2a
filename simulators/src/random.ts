// The only source of chance in this package: the same labels give the same numbers on every machine, for ever.

import { createHash } from 'node:crypto';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';

export interface Random {
  /** Uniform in [0, 1). */
  unit(): number;
  /** Uniform whole number from `low` to `high`, both included. */
  between(low: number, high: number): number;
  chance(probability: number): boolean;
  /** Waiting time of a Poisson process with `rate` events per unit of time. */
  exponential(rate: number): number;
  /** An index into `weights`, each as likely as its weight. The weights' sum must be positive. */
  weighted(weights: readonly number[]): number;
}

/**
 * A stream of random numbers named by its labels, such as seed, shop and date.
 *
 * Each stream hashes its labels into the whole 128-bit state of xoroshiro128+, so that one shop's day does not depend on
 * how many other shops there are or in which order they are generated.
 */
export function randomFor(...labels: readonly (string | number)[]): Random {
  const digest = createHash('sha256').update(JSON.stringify(labels)).digest();
  const generator = xoroshiro128plusFromState([0, 4, 8, 12].map((at) => digest.readInt32LE(at)));
  const unit = () => uniformFloat64(generator);
  return {
    unit,
    between: (low, high) => uniformInt(generator, low, high),
    chance: (probability) => unit() < probability,
    exponential: (rate) => -Math.log1p(-unit()) / rate,
    weighted(weights) {
      let left = unit() * weights.reduce((sum, weight) => sum + weight, 0);
      const at = weights.findIndex((weight) => {
        left -= weight;
        return left < 0;
      });
      // Rounding can leave a sliver above the last weight; it belongs to the last index that can be drawn.
      return at >= 0 ? at : weights.findLastIndex((weight) => weight > 0);
    },
  };
}
