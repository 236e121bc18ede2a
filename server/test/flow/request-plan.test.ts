import { demoFranchise, randomFor } from '@tillstream/simulators';
import { expect, test } from 'vitest';
import { generatedDay } from './day-of-sales.ts';
import { planRequests } from './request-plan.ts';

const { sales } = generatedDay('plan', demoFranchise.products);
const plan = planRequests(randomFor('plan'), sales);

test('every sale is planned once, in no order, in batches of many sizes', () => {
  const planned = plan.filter(({ isRepetition }) => !isRepetition).flatMap((request) => request.sales);
  const inOrder = sales.map(({ sale }) => sale);
  expect(new Set(planned)).toEqual(new Set(inOrder));
  expect(planned).toHaveLength(sales.length);
  expect(planned).not.toEqual(inOrder);
  expect(new Set(plan.map((request) => request.sales.length)).size).toBeGreaterThan(10);
});

test('one request in ten is repeated as it was, after it was sent', () => {
  const repeated = plan.filter(({ isRepetition }) => isRepetition);
  expect(repeated).toHaveLength(Math.floor((plan.length - repeated.length) / 10));
  expect(repeated.length).toBeGreaterThan(3);
  for (const repetition of repeated) {
    const original = plan.findIndex((request) => !request.isRepetition && request.sales === repetition.sales);
    expect(original).toBeGreaterThanOrEqual(0);
    expect(plan.indexOf(repetition)).toBeGreaterThan(original);
  }
});
