// The hook behind the page: subscribes to the chosen shops, reads their snapshots, and says how complete the picture is.
import { type UseQueryResult, useQueries } from '@tanstack/react-query';
import type { Location, SubscribeOptions, SyncEvent, Tillstream } from '@tillstream/client';
import { useCallback, useEffect, useState, useSyncExternalStore } from 'react';
import { loadSnapshot } from './load-snapshot.ts';
import { ShopView } from './shop-view.ts';

/** What to watch: the shops, and the franchise's id when one subscription to it covers them all. */
export type Watched = { locations: Location[]; franchiseId: string | undefined };

export type ShopViewState = {
  view: ShopView;
  /** Higher for each new picture: what is computed from the view depends on it. */
  revision: number;
  /** True while some shop has no snapshot yet. */
  isLoading: boolean;
  /** True when every shop's snapshot was read after its events began to flow: then nothing is missing. */
  isComplete: boolean;
  /** The first failure among the present snapshots. */
  error: Error | null;
  retry: () => void;
};

/** How long the first snapshot waits for the subscription, which wants it read anew; then it is read all the same. */
const firstJoinMs = 1_000;

/** How long to gather before reading a shop again of which an unknown item was heard. */
const gatherMs = 2_000;

/** How long after a failure that was not mended by the first attempts a snapshot is tried again by itself. */
const healMs = 15_000;

let viewsMade = 0;

/**
 * Watches shops until unmounted; mount it anew (with a React key) to watch others. `onAlert` is called for each alert
 * that opens while the page looks on, and must be the same function on every render.
 */
export function useShopView(
  tillstream: Tillstream,
  watched: Watched,
  onAlert: (event: SyncEvent) => void,
): ShopViewState {
  const { locations } = watched;
  const [{ view, id }] = useState(() => ({ view: new ShopView(), id: ++viewsMade }));
  const { readings, isPatient } = useReadings(tillstream, watched, { view, onAlert });
  const revision = useSyncExternalStore(
    useCallback((listener) => view.subscribe(listener), [view]),
    () => view.revision,
  );

  const snapshots = useQueries({
    queries: locations.map((location) => ({
      queryKey: ['snapshot', id, location.id, readings[location.id] ?? 0],
      queryFn: () => readSnapshot(tillstream, location, view),
      enabled: !isPatient || readings[location.id] !== undefined,
      staleTime: Number.POSITIVE_INFINITY,
      gcTime: 0,
      refetchInterval: (query: { state: { status: string } }) => (query.state.status === 'error' ? healMs : false),
    })),
    combine: combineSnapshots,
  });
  return {
    view,
    revision,
    isLoading: locations.some((location) => !view.hasSnapshotOf(location.id)),
    isComplete: snapshots.areRead && locations.every((location) => readings[location.id] !== undefined),
    error: snapshots.error,
    retry: snapshots.retry,
  };
}

/** Per shop, how often its snapshot has been asked for: once for each time that its events began to flow. */
type Readings = Readonly<Record<string, number>>;

function useReadings(
  tillstream: Tillstream,
  watched: Watched,
  screen: { view: ShopView; onAlert: (event: SyncEvent) => void },
): { readings: Readings; isPatient: boolean } {
  const { locations, franchiseId } = watched;
  const { view, onAlert } = screen;
  const [readings, setReadings] = useState<Readings>({});
  const [isPatient, setPatient] = useState(true);

  useEffect(() => {
    const patience = setTimeout(() => setPatient(false), firstJoinMs);
    const gathering = new Map<string, ReturnType<typeof setTimeout>>();
    const readAgain = (ids: string[]) => setReadings((known) => countUp(known, ids));
    // After a break the events of it are handed over, so what is shown is whole without asking for it again: a hundred
    // shops would ask three hundred times. Only where they cannot be handed over any more is everything read anew.
    const readingOf = (ids: string[]): SubscribeOptions => ({
      onLive: ({ again }) => {
        if (!again) readAgain(ids);
      },
      onResync: () => readAgain(ids),
    });
    const onEvent = (event: SyncEvent) => {
      const effect = view.apply(event);
      if (effect === 'alert-opened') onAlert(event);
      const locationId = event.locationId;
      if (effect !== 'unknown-item' || locationId === null || gathering.has(locationId)) return;
      // Before the first snapshot every item is unknown; asking again for each would never let one finish.
      if (!view.hasSnapshotOf(locationId)) return;
      const timer = setTimeout(() => {
        gathering.delete(locationId);
        readAgain([locationId]);
      }, gatherMs);
      gathering.set(locationId, timer);
    };
    const allIds = locations.map((location) => location.id);
    const subscriptions =
      franchiseId === undefined
        ? allIds.map((id) => tillstream.realtime.subscribeToLocation(id, onEvent, readingOf([id])))
        : [tillstream.realtime.subscribeToFranchise(franchiseId, onEvent, readingOf(allIds))];
    return () => {
      clearTimeout(patience);
      for (const timer of gathering.values()) clearTimeout(timer);
      for (const subscription of subscriptions) subscription.unsubscribe();
    };
  }, [tillstream, view, onAlert, locations, franchiseId]);
  return { readings, isPatient };
}

function countUp(readings: Readings, locationIds: string[]): Readings {
  return { ...readings, ...Object.fromEntries(locationIds.map((id) => [id, (readings[id] ?? 0) + 1])) };
}

// The mark is set before the request leaves, so that no event falls between the snapshot and the stream.
async function readSnapshot(tillstream: Tillstream, location: Location, view: ShopView): Promise<true> {
  const mark = view.mark();
  try {
    view.merge(mark, await loadSnapshot(tillstream, location.id));
    return true;
  } catch (error) {
    view.drop(mark);
    throw error;
  }
}

function combineSnapshots(results: UseQueryResult<true>[]) {
  const failed = results.filter((result) => result.isError);
  return {
    areRead: results.every((result) => result.isSuccess),
    error: failed[0]?.error ?? null,
    retry: () => {
      for (const result of failed) void result.refetch();
    },
  };
}
