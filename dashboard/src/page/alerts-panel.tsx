// Low-stock alerts: the open ones first, then what was resolved lately.
import { Badge, Group, ScrollArea, Skeleton, Stack, Text } from '@mantine/core';
import { useMemo } from 'react';
import { formatQuantity } from '../format/quantity.ts';
import { formatAgo } from '../format/time.ts';
import { stateColors } from '../theme.ts';
import { compareAlerts, type StockAlert } from '../view/stock-alert.ts';
import type { Board } from './board.ts';
import { EmptyPanel, Panel } from './panel.tsx';

export function AlertsPanel({ view, revision, now, scope, isLoading }: Board) {
  const alerts = useMemo(() => {
    void revision;
    return [...view.alerts.values()].sort(compareAlerts);
  }, [view, revision]);
  const open = alerts.filter((alert) => alert.state === 'open').length;
  return (
    <Panel
      title="Stock alerts"
      aside={
        <Text size="sm" c="dimmed" data-testid="alerts-open">
          {open === 0 ? 'none open' : `${open} open`}
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
                key={alert.inventoryItemId}
                alert={alert}
                shopName={scope.chosen === undefined ? alert.locationName : undefined}
                ago={alert.changedAtMs === undefined ? undefined : formatAgo(now - alert.changedAtMs)}
              />
            ))}
          </Stack>
        </ScrollArea.Autosize>
      )}
    </Panel>
  );
}

type AlertItemProps = { alert: StockAlert; shopName: string | undefined; ago: string | undefined };

function AlertItem({ alert, shopName, ago }: AlertItemProps) {
  const facts = [
    shopName,
    `${formatQuantity(alert.currentStock)} left, reorder at ${formatQuantity(alert.reorderLevel)}`,
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

function StateBadge({ state }: { state: StockAlert['state'] }) {
  return state === 'open' ? (
    <Badge color={stateColors.warning} variant="filled" tt="none">
      Open
    </Badge>
  ) : (
    <Badge variant="default" tt="none">
      Resolved
    </Badge>
  );
}
