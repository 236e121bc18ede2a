// What one shopper buys: each shop has its own favourites, and every shopper draws a small basket from them.

import type { Random } from './random.ts';
import { randomFor } from './random.ts';
import type { Product, Sale, SaleLine, Shop } from './sale.ts';
import { saleLine, totalOf } from './sale.ts';

// Index + 1 is the number. Most people buy one thing, once: averages of 1.7 lines and 1.2 pieces a line.
const linesPerBasket = [0.54, 0.28, 0.12, 0.04, 0.02];
const piecesPerLine = [0.83, 0.13, 0.03, 0.01];
const payment = ['card', 'mobile', 'cash'] as const;
const paymentShare = [0.58, 0.24, 0.18];

/** The steepness of Zipf's law between a shop's favourite and the product nobody asks for. */
const zipfExponent = 0.8;

// Goods by weight are sold by the quarter; with prices in multiples of four cents each line is a whole number of cents.
const quarterKilo = 250;

export interface Taste {
  readonly products: readonly Product[];
  readonly weights: readonly number[];
}

/** The favourites of one shop: the catalogue's popularity under a ranking of the shop's own, the same on every day. */
export function tasteOf(seed: string, shop: Pick<Shop, 'id'>, products: readonly Product[]): Taste {
  const random = randomFor(seed, shop.id, 'taste');
  const ranking = products.map((product) => ({ product, luck: random.unit() })).sort((a, b) => a.luck - b.luck);
  return {
    products: ranking.map(({ product }) => product),
    weights: ranking.map(({ product }, rank) => product.popularity / (rank + 1) ** zipfExponent),
  };
}

/** A basket of one to five different products and how it was paid. Needs one product with a positive popularity. */
export function fillBasket(random: Random, taste: Taste): Pick<Sale, 'lines' | 'total' | 'paymentMethod'> {
  const wanted = random.weighted(linesPerBasket) + 1;
  const weights = [...taste.weights];
  const lines: SaleLine[] = [];
  while (lines.length < wanted && weights.some((weight) => weight > 0)) {
    const at = random.weighted(weights);
    const product = taste.products[at];
    if (!product) throw new RangeError('no product can be sold: every popularity is 0');
    weights[at] = 0;
    lines.push(saleLine(product, quantityOf(random, product)));
  }
  return { lines, total: totalOf(lines), paymentMethod: payment[random.weighted(paymentShare)] ?? 'card' };
}

function quantityOf(random: Random, product: Product): number {
  return product.unit === 'kg' ? quarterKilo * random.between(1, 4) : 1000 * (random.weighted(piecesPerLine) + 1);
}
