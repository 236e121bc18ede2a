// Figures for Prometheus. Every label has a closed list of values, given where the metric is made: a label that takes
// ids or addresses would make a time series for each of them and bring the monitoring down before the server.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** Label name -> all of its values. */
export type Labels = Readonly<Record<string, readonly string[]>>;
/** One value for each label. */
export type LabelValues<L extends Labels> = { readonly [Name in keyof L]: L[Name][number] };

export interface MetricOptions<L extends Labels> {
  /** `tillstream_what_unit`, counters ending in `_total`. */
  readonly name: string;
  readonly help: string;
  readonly labels?: L;
}

export interface HistogramOptions<L extends Labels> extends MetricOptions<L> {
  /** Upper bounds in the unit that the name ends in. */
  readonly buckets: readonly number[];
}

type NoLabels = Record<never, never>;

export interface CounterMetric<L extends Labels> {
  add(labels: LabelValues<L>, by?: number): void;
}
export interface GaugeMetric<L extends Labels> {
  set(labels: LabelValues<L>, value: number): void;
}
export interface HistogramMetric<L extends Labels> {
  observe(labels: LabelValues<L>, value: number): void;
}

export interface Metrics {
  counter<const L extends Labels = NoLabels>(options: MetricOptions<L>): CounterMetric<L>;
  gauge<const L extends Labels = NoLabels>(options: MetricOptions<L>): GaugeMetric<L>;
  /** A gauge whose value is asked for when the metrics are read. */
  observedGauge(options: MetricOptions<NoLabels>, read: () => number): void;
  histogram<const L extends Labels = NoLabels>(options: HistogramOptions<L>): HistogramMetric<L>;
  /** In the text format of Prometheus. */
  render(): Promise<string>;
  readonly contentType: string;
}

/** Time series that one metric may have; a list of labels that multiplies to more is refused where it is written. */
export const seriesMax = 2_000;

/** `process`: also the figures of the Node process itself (memory, event loop lag, garbage collection). */
export function createMetrics(options: { readonly process?: boolean } = {}): Metrics {
  const registry = new Registry();
  if (options.process ?? false) collectDefaultMetrics({ register: registry });

  function base<L extends Labels>(metric: MetricOptions<L>) {
    const labels: Labels = metric.labels ?? {};
    const series = Object.values(labels).reduce((product, values) => product * values.length, 1);
    if (series > seriesMax) throw new RangeError(`${metric.name} would have ${series} series, at most ${seriesMax}`);
    return { name: metric.name, help: metric.help, labelNames: Object.keys(labels), registers: [registry] };
  }

  return {
    counter(metric) {
      const counter = new Counter(base(metric));
      return { add: (labels, by = 1) => counter.inc(closed(metric, labels), by) };
    },
    gauge(metric) {
      const gauge = new Gauge(base(metric));
      return { set: (labels, value) => gauge.set(closed(metric, labels), value) };
    },
    observedGauge(metric, read) {
      new Gauge({
        ...base(metric),
        collect() {
          this.set(read());
        },
      });
    },
    histogram(metric) {
      const histogram = new Histogram({ ...base(metric), buckets: [...metric.buckets] });
      return { observe: (labels, value) => histogram.observe(closed(metric, labels), value) };
    },
    render: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

const none = {};

// The types say so already; this holds for values that come from outside, such as a method or a route.
function closed<L extends Labels>(metric: MetricOptions<L>, labels: LabelValues<L>): Record<string, string> {
  const { labels: known }: { readonly labels?: Labels } = metric;
  if (known === undefined) return none;
  return Object.fromEntries(
    Object.entries<string>(labels).map(([name, value]) => [name, known[name]?.includes(value) ? value : 'other']),
  );
}
