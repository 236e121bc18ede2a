// Low-stock alerts: the open ones first, then what was resolved lately.
import { Badge, Group, ScrollArea, Skeleton, Stack, Text } from '@mantine/core';
import { useMemo } from 'react';
import { describeLeft, formatQuantity } from '../format/quantity.ts';
import { formatAgo } from '../format/time.ts';
import { stateColors } from '../theme.ts';
import { compareAlerts, type ShopAlert } from '../view/shop-alert.ts';
import type { Board } from './board.ts';
import { EmptyPanel, Panel } from './panel.tsx';

export function AlertsPanel({ view, revision, now, scope, isLoading }: Board) {
  const alerts = useMemo(() => {
    void revision;
    // An open alert tells what there is now, a resolved one what there was when it was resolved.
    return [...view.alerts.values()].sort(compareAlerts).map((alert) => {
      const level = alert.state === 'open' ? view.levels.get(alert.inventoryItemId) : undefined;
      return level === undefined ? alert : { ...alert, currentStock: level.currentStock };
    });
  }, [view, revision]);
  const shopNames = useMemo(() => new Map(scope.locations.map(({ id, name }) => [id, name])), [scope]);
  const open = alerts.filter((alert) => alert.state === 'open').length;
  return (
    <Panel
      title="Stock alerts"
      aside={
        <Text size="sm" c="dimmed" data-testid="alerts-open">
          {isLoading ? '' : describeOpen(open)}
        </Text>
      }
    >
      {isLoading && alerts.length === 0 && <Skeleton h={36} />}
      {!isLoading && alerts.length === 0 && (
        <EmptyPanel title="Nothing runs low" detail="An alert appears here at once." />
      )}
      {alerts.length > 0 && (
        <ScrollArea.Autosize mah={300} viewportProps={{ tabIndex: 0, role: 'group', 'aria-label': 'List of alerts' }}>
          <Stack component="ul" gap={0} p={0} m={0} style={{ listStyle: 'none' }}>
            {alerts.map((alert) => (
              <AlertItem
                key={alert.id}
                alert={alert}
                shopName={scope.chosen === undefined ? (shopNames.get(alert.locationId) ?? 'Another shop') : undefined}
                ago={formatAgo(now - alert.changedAtMs)}
              />
            ))}
          </Stack>
        </ScrollArea.Autosize>
      )}
    </Panel>
  );
}

function describeOpen(open: number): string {
  return open === 0 ? 'none open' : `${open} open`;
}

type AlertItemProps = { alert: ShopAlert; shopName: string | undefined; ago: string };

function AlertItem({ alert, shopName, ago }: AlertItemProps) {
  const facts = [
    shopName,
    `${describeLeft(alert.currentStock)}, reorder at ${formatQuantity(alert.reorderLevel)}`,
    ago,
  ];
  return (
    <Group
      component="li"
      justify="space-between"
      wrap="nowrap"
      gap="sm"
      py={8}
      pr="xs"
      data-testid="alert-item"
      data-state={alert.state}
      data-alert-id={alert.id}
      data-inventory-item-id={alert.inventoryItemId}
      style={{ borderTop: '1px solid var(--mantine-color-default-border)' }}
    >
      <Stack gap={0} miw={0}>
        <Text size="sm" truncate>
          {alert.productName}
        </Text>
        <Text size="xs" c="dimmed">
          {facts.filter((fact) => fact !== undefined).join(' · ')}
        </Text>
      </Stack>
      <StateBadge state={alert.state} />
    </Group>
  );
}

function StateBadge({ state }: { state: ShopAlert['state'] }) {
  return state === 'open' ? (
    <Badge color={stateColors.warning} variant="filled" tt="none" flex="none">
      Open
    </Badge>
  ) : (
    <Badge variant="default" tt="none" flex="none">
      Resolved
    </Badge>
  );
}
