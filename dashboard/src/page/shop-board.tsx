// The board of the chosen shops: the hour's figures and chart, the ticker, stock and alerts, all from one live view.
import { Alert, Button, Container, Grid, Group, Stack, VisuallyHidden } from '@mantine/core';
import { IconPlugConnectedX } from '@tabler/icons-react';
import { type Location, type Tillstream, TillstreamError } from '@tillstream/client';
import { useCallback, useEffect } from 'react';
import { useNow } from '../view/use-now.ts';
import { useShopView } from '../view/use-shop-view.ts';
import { showAlertToast } from './alert-toast.tsx';
import { AlertsPanel } from './alerts-panel.tsx';
import { BoardHeader } from './board-header.tsx';
import { HourFigures } from './hour-figures.tsx';
import { ErrorReference } from './message.tsx';
import { SalesChart } from './sales-chart.tsx';
import { SalesTicker } from './sales-ticker.tsx';
import type { Scope } from './scope.ts';
import { StockPanel } from './stock-panel.tsx';

type ShopBoardProps = { tillstream: Tillstream; scope: Scope; allLocations: Location[] };

export function ShopBoard({ tillstream, scope, allLocations }: ShopBoardProps) {
  const state = useShopView(tillstream, scope, showAlertToast);
  const { view, revision, isLoading } = state;
  const now = useNow(
    1_000,
    useCallback(() => view.nowMs(), [view]),
  );
  useEffect(() => view.sales.forgetOld(now), [view, now]);

  const board = { view, revision, now, scope, isLoading };
  return (
    <>
      <BoardHeader
        connection={tillstream.realtime.connection}
        isComplete={state.isComplete}
        scope={scope}
        allLocations={allLocations}
      />
      <Container component="main" size={1560} px={{ base: 'sm', sm: 'lg' }} py="lg">
        <VisuallyHidden component="h1">Live sales, stock and alerts</VisuallyHidden>
        <Stack gap="md">
          {state.error !== null && <SnapshotFailure error={state.error} retry={state.retry} />}
          <HourFigures {...board} />
          <Grid gap="md">
            <Grid.Col span={{ base: 12, lg: 8 }}>
              <Stack gap="md">
                <SalesChart {...board} />
                <StockPanel {...board} />
              </Stack>
            </Grid.Col>
            <Grid.Col span={{ base: 12, lg: 4 }}>
              <Stack gap="md">
                <AlertsPanel {...board} />
                <SalesTicker {...board} />
              </Stack>
            </Grid.Col>
          </Grid>
        </Stack>
      </Container>
    </>
  );
}

function SnapshotFailure({ error, retry }: { error: Error; retry: () => void }) {
  return (
    <Alert
      color="red"
      variant="light"
      icon={<IconPlugConnectedX aria-hidden />}
      title="Part of the page could not be read"
    >
      <Group justify="space-between">
        <Stack gap={2}>
          {error.message} It is tried again by itself.
          {error instanceof TillstreamError && <ErrorReference error={error} />}
        </Stack>
        <Button size="xs" variant="default" onClick={retry}>
          Try again
        </Button>
      </Group>
    </Alert>
  );
}
