// A shopper's basket as a ticket at a vendor's till, with what the basket does not know: modifiers, discounts, tips,
// charges, and how the bill is split.

import type { Random } from '../random.ts';
import { cents, type Sale, thousandths } from '../sale.ts';
import type { TillHabits } from './habits.ts';
import type { Tender, Ticket, TicketLine, TicketModifier } from './ticket.ts';
import type { VendorShop } from './vendor-shop.ts';

const tenders: Readonly<Record<Sale['paymentMethod'], Tender>> = { card: 'card', cash: 'cash', mobile: 'wallet' };

const extras: readonly TicketModifier[] = [
  { name: 'Oat milk', price: 60 },
  { name: 'Extra shot', price: 80 },
  { name: 'No sugar', price: 0 },
  { name: 'Large', price: 70, modifiers: [{ name: 'Own cup', price: 0 }] },
  {
    name: 'Syrup',
    price: 50,
    modifiers: [{ name: 'Double', price: 40, modifiers: [{ name: 'Sugar free', price: 10 }] }],
  },
];

export function fillTicket(
  basket: Pick<Sale, 'lines' | 'paymentMethod'>,
  shop: VendorShop,
  { random, habits }: { readonly random: Random; readonly habits: TillHabits },
): Ticket {
  const byWeight = new Set(shop.products.filter(({ unit }) => unit === 'kg').map(({ sku }) => sku));
  const lines: TicketLine[] = basket.lines.map((line) => {
    const price = cents(line.unitPrice);
    const isWeighed = byWeight.has(line.sku);
    return {
      sku: line.sku,
      name: line.name,
      quantity: thousandths(line.quantity),
      price,
      ...(isWeighed ? { byWeight: true } : {}),
      ...(!isWeighed && random.chance(habits.modified) ? { modifiers: someExtras(random) } : {}),
      ...(random.chance(habits.lineDiscounted) ? { discount: Math.round(price * random.unit() * 0.5) } : {}),
    };
  });
  if (random.chance(habits.typedIn)) lines.push({ name: 'Typed in', quantity: 1000, price: random.between(50, 900) });
  const tender = tenders[basket.paymentMethod];
  return {
    lines,
    ...(random.chance(habits.orderDiscounted) ? { discountPercent: random.between(1, 4) * 5 } : {}),
    ...(random.chance(habits.serviceCharged)
      ? { serviceCharge: random.between(50, 500), gratuity: random.chance(0.5) }
      : {}),
    ...(tender !== 'cash' && random.chance(habits.tipped) ? { tip: random.between(20, 400) } : {}),
    payments: random.chance(habits.splitPaid)
      ? [{ tender, amount: random.between(50, 200) }, { tender: random.chance(0.5) ? 'gift_card' : 'cash' }]
      : [{ tender }],
  };
}

const someExtras = (random: Random): readonly TicketModifier[] => {
  const first = random.between(0, extras.length - 1);
  return extras.slice(first, first + random.between(1, 2));
};
