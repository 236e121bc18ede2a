// The ticker: the newest sales first, as the server books them.
import { Badge, Group, ScrollArea, Skeleton, Stack, Text } from '@mantine/core';
import { memo, useMemo } from 'react';
import { formatMoney } from '../format/money.ts';
import { formatQuantity } from '../format/quantity.ts';
import { formatAgo, formatClock } from '../format/time.ts';
import type { Sale } from '../view/sale.ts';
import type { Board } from './board.ts';
import { EmptyPanel, Panel } from './panel.tsx';

/** Sales on the ticker; older ones of the hour are in the chart. */
const tickerMax = 40;

export function SalesTicker({ view, revision, now, scope, isLoading }: Board) {
  const sales = useMemo(() => {
    void revision;
    return view.sales.newest(tickerMax);
  }, [view, revision]);
  const shops = useMemo(() => new Map(scope.locations.map((location) => [location.id, location])), [scope]);
  return (
    <Panel title="Latest sales">
      {isLoading && sales.length === 0 ? (
        <TickerSkeleton />
      ) : (
        <ScrollArea.Autosize mah={560} viewportProps={{ tabIndex: 0, role: 'group', 'aria-label': 'List of sales' }}>
          {sales.length === 0 && (
            <EmptyPanel title="No sale in the last hour" detail="The next one appears here at once." />
          )}
          <Stack component="ol" gap={0} p={0} m={0} data-testid="ticker" style={{ listStyle: 'none' }}>
            {sales.map((sale) => {
              const shop = shops.get(sale.locationId);
              return (
                <TickerItem
                  key={sale.id}
                  sale={sale}
                  shopName={scope.chosen === undefined ? (shop?.name ?? 'Another shop') : undefined}
                  clock={formatClock(sale.occurredAtMs, shop?.timeZone ?? scope.timeZone)}
                  ago={formatAgo(now - sale.occurredAtMs)}
                />
              );
            })}
          </Stack>
        </ScrollArea.Autosize>
      )}
    </Panel>
  );
}

type TickerItemProps = { sale: Sale; shopName: string | undefined; clock: string; ago: string };

// Memoised: the board renders every second, and most rows say the same for a minute.
const TickerItem = memo(function TickerItem({ sale, shopName, clock, ago }: TickerItemProps) {
  return (
    <Group
      component="li"
      justify="space-between"
      align="flex-start"
      wrap="nowrap"
      gap="sm"
      py={8}
      pr="xs"
      data-testid="ticker-item"
      data-transaction-id={sale.id}
      data-version={sale.version}
      style={{ borderTop: '1px solid var(--mantine-color-default-border)' }}
    >
      <Stack gap={0} miw={0}>
        <Text size="sm" lineClamp={2}>
          {describeItems(sale)}
        </Text>
        <Text size="xs" c="dimmed" truncate>
          {shopName !== undefined && `${shopName} · `}
          {clock} · {ago}
        </Text>
      </Stack>
      <Stack gap={2} align="flex-end">
        <Text size="sm" fw={600} style={{ fontVariantNumeric: 'tabular-nums', whiteSpace: 'nowrap' }}>
          {formatMoney(sale.totalAmount, sale.currency)}
        </Text>
        {(sale.isRefund || sale.status !== 'completed') && (
          <Badge size="xs" variant="default">
            {sale.isRefund ? 'refund' : sale.status}
          </Badge>
        )}
      </Stack>
    </Group>
  );
});

/** "2 × Latte, Croissant, 3 more": the first items by name, the rest as a number. */
function describeItems(sale: Sale): string {
  const named = sale.items.slice(0, 3).map((item) => {
    return item.quantity === 1 ? item.name : `${formatQuantity(item.quantity)} × ${item.name}`;
  });
  const rest = sale.items.length - named.length;
  if (named.length === 0) return 'No items';
  return rest > 0 ? `${named.join(', ')}, ${rest} more` : named.join(', ');
}

function TickerSkeleton() {
  return (
    <Stack gap="sm">
      {['a', 'b', 'c', 'd', 'e'].map((row) => (
        <Skeleton key={row} h={36} />
      ))}
    </Stack>
  );
}
