// The last sixty minutes, one bar a minute: revenue above, number of sales below, on the same time axis.
import { BarChart } from '@mantine/charts';
import { Group, Paper, Skeleton, Stack, Text, VisuallyHidden } from '@mantine/core';
import { useMemo } from 'react';
import { formatHundredths } from '../format/money.ts';
import { formatClock } from '../format/time.ts';
import { type Minute, minuteOf } from '../view/sales-hour.ts';
import type { Board } from './board.ts';
import { Panel } from './panel.tsx';
import type { Scope } from './scope.ts';

/** One bar: the clock time, the count, and the revenue under each currency's code. */
type Bar = { clock: string; count: number; minute: Minute } & Record<string, unknown>;

const currencyColors = ['cyan.7', 'indigo.5', 'lime.7', 'grape.5'];
const stillBars = { isAnimationActive: false, radius: 1 };

export function SalesChart({ view, revision, now, scope, isLoading }: Board) {
  const minute = minuteOf(now);
  const { bars, currencies, summary } = useMemo(() => {
    void revision;
    const minutes = view.sales.minutes(minute);
    const { count, revenue } = view.sales.totals(minute);
    return {
      bars: minutes.map((each) => toBar(each, scope.timeZone)),
      currencies: revenue.size === 0 ? [scope.currency] : [...revenue.keys()].sort(),
      summary: `${count} sales with ${formatHundredths(revenue, scope.currency)} in the last sixty minutes.`,
    };
  }, [view, revision, minute, scope]);

  return (
    <Panel
      title="Sales of the last hour"
      testId="sales-chart"
      aside={
        <Text size="sm" c="dimmed" ta="right">
          per minute · {scope.timeZone.replaceAll('_', ' ')}
        </Text>
      }
    >
      <VisuallyHidden>{summary}</VisuallyHidden>
      {isLoading ? (
        <Skeleton h={300} />
      ) : (
        <Stack gap={4} aria-hidden>
          <RevenueBars bars={bars} currencies={currencies} scope={scope} />
          <CountBars bars={bars} scope={scope} />
        </Stack>
      )}
    </Panel>
  );
}

function RevenueBars({ bars, currencies, scope }: { bars: Bar[]; currencies: string[]; scope: Scope }) {
  const compact = new Intl.NumberFormat(undefined, { notation: 'compact', maximumFractionDigits: 1 });
  return (
    <BarChart
      h={220}
      data={bars}
      dataKey="clock"
      type="stacked"
      series={currencies.map((currency, index) => ({
        name: currency,
        label: `Revenue, ${currency}`,
        color: currencyColors[index % currencyColors.length] ?? 'cyan.7',
      }))}
      barChartProps={{ syncId: 'hour' }}
      barProps={stillBars}
      withXAxis={false}
      yAxisProps={{ width: 52, tickFormatter: (value: number) => compact.format(value) }}
      withLegend={currencies.length > 1}
      tooltipProps={{ content: ({ payload }) => <MinuteTooltip payload={payload} scope={scope} /> }}
      accessibilityLayer={false}
    />
  );
}

function CountBars({ bars, scope }: { bars: Bar[]; scope: Scope }) {
  return (
    <BarChart
      h={96}
      data={bars}
      dataKey="clock"
      series={[{ name: 'count', label: 'Sales', color: 'gray.5' }]}
      barChartProps={{ syncId: 'hour' }}
      barProps={stillBars}
      xAxisProps={{ interval: 9, tickMargin: 6 }}
      yAxisProps={{ width: 52, allowDecimals: false, tickCount: 3 }}
      tooltipProps={{ content: ({ payload }) => <MinuteTooltip payload={payload} scope={scope} /> }}
      accessibilityLayer={false}
    />
  );
}

function MinuteTooltip({ payload, scope }: { payload: readonly { payload?: Bar }[] | undefined; scope: Scope }) {
  const bar = payload?.[0]?.payload;
  if (bar === undefined) return null;
  return (
    <Paper withBorder shadow="sm" radius="sm" px="sm" py={6}>
      <Text size="sm" fw={600}>
        {bar.clock}
      </Text>
      <Group gap="lg" justify="space-between">
        <Text size="sm" c="dimmed">
          Revenue
        </Text>
        <Text size="sm">{formatHundredths(bar.minute.revenue, scope.currency)}</Text>
      </Group>
      <Group gap="lg" justify="space-between">
        <Text size="sm" c="dimmed">
          Sales
        </Text>
        <Text size="sm">{bar.count}</Text>
      </Group>
    </Paper>
  );
}

function toBar(minute: Minute, timeZone: string): Bar {
  const revenue = [...minute.revenue].map(([currency, hundredths]) => [currency, hundredths / 100]);
  return {
    ...Object.fromEntries(revenue),
    clock: formatClock(minute.startMs, timeZone),
    count: minute.count,
    minute: { ...minute, revenue: new Map(minute.revenue) },
  };
}
