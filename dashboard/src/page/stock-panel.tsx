// Stock of the shops against reorder and maximum level, the most urgent first.
import { ScrollArea, Skeleton, Stack, Table, Text, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useMemo, useState } from 'react';
import { compareUrgency, type StockLevel } from '../view/stock-level.ts';
import type { Board } from './board.ts';
import { EmptyPanel, Panel } from './panel.tsx';
import { StockRow } from './stock-row.tsx';

/** Rows drawn at once; the search finds the others. Drawing thousands would make every sale a stutter. */
const rowsMax = 400;

export function StockPanel({ view, revision, scope, isLoading }: Board) {
  const [search, setSearch] = useState('');
  const levels = useMemo(() => {
    void revision;
    return [...view.levels.values()].sort(compareUrgency);
  }, [view, revision]);
  const shopNames = useMemo(() => new Map(scope.locations.map(({ id, name }) => [id, name])), [scope]);
  const found = levels.filter((level) => matches(level, search.trim().toLowerCase()));
  const withShop = scope.chosen === undefined;

  return (
    <Panel
      title="Stock"
      aside={
        <TextInput
          aria-label="Find a product"
          placeholder="Find a product"
          size="xs"
          w={{ base: 150, xs: 220 }}
          leftSection={<IconSearch size={14} aria-hidden />}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
      }
    >
      {isLoading && levels.length === 0 && <StockSkeleton />}
      {!isLoading && levels.length === 0 && (
        <EmptyPanel title="No stock is kept yet" detail="Products appear here once the shop has inventory items." />
      )}
      {levels.length > 0 && found.length === 0 && (
        <EmptyPanel title="Nothing found" detail="No product has that name or SKU." />
      )}
      {found.length > 0 && (
        <ScrollArea.Autosize mah={520} viewportProps={{ tabIndex: 0, role: 'group', 'aria-label': 'Table of stock' }}>
          <Table verticalSpacing={6} horizontalSpacing="xs" stickyHeader highlightOnHover>
            <StockHead />
            <Table.Tbody>
              {found.slice(0, rowsMax).map((level) => (
                <StockRow
                  key={level.inventoryItemId}
                  level={level}
                  shopName={withShop ? (shopNames.get(level.locationId) ?? 'Another shop') : undefined}
                />
              ))}
            </Table.Tbody>
          </Table>
        </ScrollArea.Autosize>
      )}
      {found.length > rowsMax && (
        <Text size="sm" c="dimmed">
          The {rowsMax} most urgent of {found.length}. Search to see others.
        </Text>
      )}
    </Panel>
  );
}

function StockHead() {
  return (
    <Table.Thead>
      <Table.Tr>
        <Table.Th>Product</Table.Th>
        <Table.Th w={{ base: 90, sm: 220 }}>Level</Table.Th>
        <Table.Th ta="right">In stock</Table.Th>
        <Table.Th ta="right" visibleFrom="sm">
          Reorder at
        </Table.Th>
        <Table.Th ta="right" visibleFrom="sm">
          Maximum
        </Table.Th>
        <Table.Th visibleFrom="sm">State</Table.Th>
      </Table.Tr>
    </Table.Thead>
  );
}

function matches(level: StockLevel, search: string): boolean {
  return level.productName.toLowerCase().includes(search) || level.sku.toLowerCase().includes(search);
}

function StockSkeleton() {
  return (
    <Stack gap="sm">
      {['a', 'b', 'c', 'd', 'e', 'f'].map((row) => (
        <Skeleton key={row} h={28} />
      ))}
    </Stack>
  );
}
