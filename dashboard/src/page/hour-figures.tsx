// The four figures that are read first: revenue and sales of the last hour, the average sale, what runs out.
import { Paper, SimpleGrid, Skeleton, Text } from '@mantine/core';
import { useMemo } from 'react';
import { formatHundredths } from '../format/money.ts';
import { formatQuantity } from '../format/quantity.ts';
import { minuteOf } from '../view/sales-hour.ts';
import { urgencyOf } from '../view/stock-level.ts';
import type { Board } from './board.ts';

export function HourFigures({ view, revision, now, scope, isLoading }: Board) {
  const minute = minuteOf(now);
  const figures = useMemo(() => {
    void revision;
    const { count, revenue } = view.sales.totals(minute);
    const average = new Map([...revenue].map(([currency, sum]) => [currency, count === 0 ? 0 : sum / count]));
    const short = [...view.levels.values()].filter((level) => urgencyOf(level) !== 'fine').length;
    return [
      { label: 'Revenue, last 60 min', value: formatHundredths(revenue, scope.currency), testId: 'figure-revenue' },
      { label: 'Sales, last 60 min', value: formatQuantity(count), testId: 'figure-count' },
      {
        label: 'Average sale',
        // Over several currencies the average of each would be divided by sales of the others.
        value: average.size > 1 ? '–' : formatHundredths(average, scope.currency),
        testId: 'figure-average',
      },
      { label: 'Items to reorder', value: `${short} of ${view.levels.size}`, testId: 'figure-low' },
    ];
  }, [view, revision, minute, scope]);

  return (
    <SimpleGrid cols={{ base: 2, md: 4 }} spacing="md">
      {figures.map((figure) => (
        <Paper key={figure.label} withBorder radius="md" px="md" py="sm">
          <Text size="sm" c="dimmed">
            {figure.label}
          </Text>
          {isLoading ? (
            <Skeleton h={30} w={110} mt={4} />
          ) : (
            <Text
              fz={{ base: 20, sm: 26 }}
              fw={600}
              lh={1.3}
              style={{ fontVariantNumeric: 'tabular-nums' }}
              data-testid={figure.testId}
            >
              {figure.value}
            </Text>
          )}
        </Paper>
      ))}
    </SimpleGrid>
  );
}
