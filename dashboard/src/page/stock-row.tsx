// One item's stock: its bar with the mark of the reorder level, the figures, and how urgent it is.
import { Badge, Box, Progress, Table, Text } from '@mantine/core';
import { memo } from 'react';
import { formatQuantity, unitFor } from '../format/quantity.ts';
import { stateColors } from '../theme.ts';
import { barMaximum, type StockLevel, type Urgency, urgencyOf } from '../view/stock-level.ts';

const looks: Record<Urgency, { label: string; bar: string; badge: string | undefined }> = {
  negative: { label: 'Negative', bar: 'red.7', badge: stateColors.grave },
  out: { label: 'Out', bar: 'red.7', badge: stateColors.grave },
  low: { label: 'Reorder', bar: 'orange.6', badge: stateColors.warning },
  fine: { label: 'Fine', bar: 'teal.6', badge: undefined },
};

const figureStyle = { fontVariantNumeric: 'tabular-nums', whiteSpace: 'nowrap' } as const;

type StockRowProps = { level: StockLevel; shopName: string | undefined };

// Memoised by level object: a change of one item draws one row.
export const StockRow = memo(function StockRow({ level, shopName }: StockRowProps) {
  const urgency = urgencyOf(level);
  const look = looks[urgency];
  return (
    <Table.Tr
      data-testid="stock-row"
      data-urgency={urgency}
      data-inventory-item-id={level.inventoryItemId}
      data-location-id={level.locationId}
      data-product-id={level.productId}
      data-sku={level.sku}
      data-current-stock={level.currentStock}
    >
      <Table.Td maw={{ base: 130, sm: 260 }}>
        <Text size="sm" truncate title={level.productName}>
          {level.productName}
        </Text>
        <Text size="xs" c="dimmed" truncate>
          {shopName !== undefined && `${shopName} · `}
          {level.sku}
        </Text>
      </Table.Td>
      <Table.Td>
        <LevelBar level={level} color={look.bar} />
      </Table.Td>
      <StockFigure level={level} label={urgency === 'fine' ? undefined : look.label} />
      <Figure value={level.reorderLevel} />
      <Figure value={level.maxStockLevel} />
      <Table.Td visibleFrom="sm">
        {look.badge === undefined ? (
          <Text size="xs" c="dimmed">
            {look.label}
          </Text>
        ) : (
          <Badge color={look.badge} variant="filled" tt="none" size="sm">
            {look.label}
          </Badge>
        )}
      </Table.Td>
    </Table.Tr>
  );
});

function LevelBar({ level, color }: { level: StockLevel; color: string }) {
  const maximum = barMaximum(level);
  const share = Math.min(100, Math.max(0, (level.currentStock / maximum) * 100));
  const mark = level.reorderLevel === null ? undefined : Math.min(100, (level.reorderLevel / maximum) * 100);
  return (
    <Box pos="relative" py={4}>
      <Progress.Root size={8} radius="xl">
        <Progress.Section value={share} color={color} aria-label={`Stock of ${level.productName}`} />
      </Progress.Root>
      {mark !== undefined && (
        <Box pos="absolute" top={0} bottom={0} left={`${mark}%`} w={2} bg="var(--mantine-color-text)" opacity={0.65} />
      )}
    </Box>
  );
}

// On a narrow screen, where the last column has no room, the state stands under the figure.
function StockFigure({ level, label }: { level: StockLevel; label: string | undefined }) {
  return (
    <Table.Td ta="right">
      <Text size="sm" fw={600} style={figureStyle}>
        {formatQuantity(level.currentStock)}
        <Text span size="xs" c="dimmed" visibleFrom="sm">
          {' '}
          {unitFor(level.currentStock, level.unit)}
        </Text>
      </Text>
      {label !== undefined && (
        <Text size="xs" fw={600} hiddenFrom="sm">
          {label}
        </Text>
      )}
    </Table.Td>
  );
}

function Figure({ value }: { value: number | null }) {
  return (
    <Table.Td ta="right" visibleFrom="sm">
      <Text size="sm" style={figureStyle}>
        {value === null ? '–' : formatQuantity(value)}
      </Text>
    </Table.Td>
  );
}
