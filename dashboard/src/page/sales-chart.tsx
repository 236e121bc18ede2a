// The last sixty minutes, one bar a minute: revenue above, number of sales below, on the same time axis.
import { BarChart } from '@mantine/charts';
import { Group, Paper, Skeleton, Stack, Text, VisuallyHidden } from '@mantine/core';
import { useMemo } from 'react';
import { formatAxisMoney, formatHundredths } from '../format/money.ts';
import { formatClock } from '../format/time.ts';
import { type Minute, minuteMs, minuteOf } from '../view/sales-hour.ts';
import type { Board } from './board.ts';
import { Panel } from './panel.tsx';
import type { Scope } from './scope.ts';

/** One bar: its minute, the count, and the revenue under each currency's code. */
type Bar = { startMs: number; count: number; minute: Minute } & Record<string, unknown>;

type BarsProps = { bars: Bar[]; currencies: string[]; scope: Scope };

const currencyColors = ['cyan.7', 'indigo.5', 'lime.7', 'grape.5'];
const stillBars = { isAnimationActive: false, radius: 1 };
const axisWidthPx = 56;

export function SalesChart({ view, revision, now, scope, isLoading }: Board) {
  const minute = minuteOf(now);
  const { bars, currencies, summary } = useMemo(() => {
    void revision;
    const { count, revenue } = view.sales.totals(minute);
    return {
      bars: view.sales.minutes(minute).map(toBar),
      currencies: revenue.size === 0 ? [scope.currency] : [...revenue.keys()].sort(),
      summary: `${count} sales with ${formatHundredths(revenue, scope.currency)} in the last sixty minutes.`,
    };
  }, [view, revision, minute, scope]);

  return (
    <Panel
      title="Sales of the last hour"
      testId="sales-chart"
      aside={
        <Text size="sm" c="dimmed">
          per minute · {scope.timeZone.replaceAll('_', ' ')}
        </Text>
      }
    >
      <VisuallyHidden>{summary}</VisuallyHidden>
      {isLoading ? (
        <Skeleton h={344} />
      ) : (
        <Stack gap={4} aria-hidden>
          <RevenueBars bars={bars} currencies={currencies} scope={scope} />
          <CountBars bars={bars} currencies={currencies} scope={scope} />
        </Stack>
      )}
    </Panel>
  );
}

function RevenueBars({ bars, currencies, scope }: BarsProps) {
  const [currency] = currencies;
  return (
    <>
      <ChartLabel text="Revenue" />
      <BarChart
        h={210}
        data={bars}
        dataKey="startMs"
        type="stacked"
        series={currencies.map((each, index) => ({
          name: each,
          label: each,
          color: currencyColors[index % currencyColors.length] ?? 'cyan.7',
        }))}
        barChartProps={{ syncId: 'hour', margin: { top: 8, right: 0, bottom: 0, left: 0 } }}
        barProps={stillBars}
        withXAxis={false}
        yAxisProps={{
          width: axisWidthPx,
          tickFormatter: (value: number) => formatAxisMoney(value, currencies.length === 1 ? currency : undefined),
        }}
        withLegend={currencies.length > 1}
        tooltipProps={{ content: ({ payload }) => <MinuteTooltip payload={payload} scope={scope} /> }}
        accessibilityLayer={false}
      />
    </>
  );
}

function CountBars({ bars, scope }: BarsProps) {
  const tens = bars.map((bar) => bar.startMs).filter((startMs) => (startMs / minuteMs) % 10 === 0);
  return (
    <>
      <ChartLabel text="Number of sales" />
      <BarChart
        h={96}
        data={bars}
        dataKey="startMs"
        series={[{ name: 'count', label: 'Sales', color: 'gray.5' }]}
        barChartProps={{ syncId: 'hour', margin: { top: 8, right: 0, bottom: 0, left: 0 } }}
        barProps={stillBars}
        xAxisProps={{
          ticks: tens,
          interval: 0,
          tickMargin: 6,
          tickFormatter: (startMs: number) => formatClock(startMs, scope.timeZone),
        }}
        yAxisProps={{ width: axisWidthPx, allowDecimals: false, tickCount: 3 }}
        withTooltip={false}
        accessibilityLayer={false}
      />
    </>
  );
}

function ChartLabel({ text }: { text: string }) {
  return (
    <Text size="xs" c="dimmed">
      {text}
    </Text>
  );
}

function MinuteTooltip({ payload, scope }: { payload: readonly { payload?: Bar }[] | undefined; scope: Scope }) {
  const bar = payload?.[0]?.payload;
  if (bar === undefined) return null;
  return (
    <Paper withBorder shadow="sm" radius="sm" px="sm" py={6}>
      <Text size="sm" fw={600}>
        {formatClock(bar.startMs, scope.timeZone)}
      </Text>
      <TooltipLine label="Revenue" value={formatHundredths(bar.minute.revenue, scope.currency)} />
      <TooltipLine label="Sales" value={String(bar.count)} />
    </Paper>
  );
}

function TooltipLine({ label, value }: { label: string; value: string }) {
  return (
    <Group gap="lg" justify="space-between">
      <Text size="sm" c="dimmed">
        {label}
      </Text>
      <Text size="sm">{value}</Text>
    </Group>
  );
}

// The view's sums change in place; a bar is a picture of them, so it takes a copy.
function toBar({ startMs, count, revenue }: Minute): Bar {
  const amounts = [...revenue].map(([currency, hundredths]) => [currency, hundredths / 100]);
  return { ...Object.fromEntries(amounts), startMs, count, minute: { startMs, count, revenue: new Map(revenue) } };
}
