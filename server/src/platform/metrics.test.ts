import { expect, test } from 'vitest';
import { createMetrics } from './metrics.ts';

test('counters, gauges and histograms are rendered for Prometheus', async () => {
  const metrics = createMetrics();
  const sales = metrics.counter({
    name: 'tillstream_sales_total',
    help: 'Sales by result.',
    labels: { result: ['created', 'duplicate'] },
  });
  sales.add({ result: 'created' }, 3);
  sales.add({ result: 'created' });
  metrics.gauge({ name: 'tillstream_lag_seconds', help: 'Lag.' }).set({}, 1.5);
  metrics.observedGauge({ name: 'tillstream_sockets', help: 'Open sockets.' }, () => 7);
  const duration = metrics.histogram({ name: 'tillstream_wait_seconds', help: 'Wait.', buckets: [0.1, 1] });
  duration.observe({}, 0.5);
  const text = await metrics.render();
  expect(text).toContain('tillstream_sales_total{result="created"} 4');
  expect(text).toContain('tillstream_lag_seconds 1.5');
  expect(text).toContain('tillstream_sockets 7');
  expect(text).toContain('tillstream_wait_seconds_bucket{le="1"} 1');
});

test('a label value that was not declared becomes "other", so no stream of ids makes a stream of series', async () => {
  const metrics = createMetrics();
  const counter = metrics.counter({ name: 'x_total', help: 'X.', labels: { kind: ['a', 'b'] } });
  for (let id = 0; id < 1_000; id++) counter.add({ kind: `id-${id}` as 'a' });
  const series = (await metrics.render()).split('\n').filter((line) => line.startsWith('x_total'));
  expect(series).toEqual(['x_total{kind="other"} 1000']);
});

test('labels that multiply to too many series are refused where they are written', () => {
  const many = Array.from({ length: 100 }, (_, index) => String(index));
  expect(() => createMetrics().gauge({ name: 'x', help: 'X.', labels: { a: many, b: many } })).toThrow('10000 series');
});

test('two servers in one process do not share figures', async () => {
  const [one, two] = [createMetrics(), createMetrics()];
  one.counter({ name: 'x_total', help: 'X.' }).add({});
  two.counter({ name: 'x_total', help: 'X.' });
  expect(await two.render()).toContain('x_total 0');
});
