// "Live · 2 s ago", "Reconnecting… · data 41 s old": what the connection does and how old the data in view are.
import { Group, Text, Tooltip } from '@mantine/core';
import type { Connection } from '@tillstream/client';
import { useCallback, useEffect, useRef, useSyncExternalStore } from 'react';
import { formatAge } from '../format/time.ts';
import { useNow } from '../view/use-now.ts';
import { type Freshness, freshnessOf } from './freshness.ts';

const looks: Record<Freshness, { label: string; dot: string }> = {
  live: { label: 'Live', dot: 'var(--mantine-color-teal-6)' },
  'catching-up': { label: 'Catching up…', dot: 'var(--mantine-color-yellow-6)' },
  connecting: { label: 'Connecting…', dot: 'var(--mantine-color-yellow-6)' },
  reconnecting: { label: 'Reconnecting…', dot: 'var(--mantine-color-orange-6)' },
  offline: { label: 'Offline', dot: 'var(--mantine-color-red-6)' },
};

export function ConnectionLine({ connection, isComplete }: { connection: Connection; isComplete: boolean }) {
  const state = useSyncExternalStore(
    useCallback((listener) => connection.subscribe(listener), [connection]),
    () => connection.status.state,
  );
  const now = useNow(1_000);
  const freshness = freshnessOf(state, isComplete);
  const exactAtMs = useExactAt(connection, freshness, now);
  const age = exactAtMs === undefined ? undefined : formatAge(Math.max(0, now - exactAtMs));
  const reason = connection.status.reason;
  return (
    <Tooltip label={reason ?? 'Every sale is shown as it is booked.'} multiline maw={320}>
      <Group
        gap={6}
        wrap="nowrap"
        data-testid="connection-state"
        data-state={freshness}
        tabIndex={0}
        role="group"
        aria-label="Connection"
      >
        <svg width="10" height="10" aria-hidden="true">
          <circle cx="5" cy="5" r="5" fill={looks[freshness].dot} />
        </svg>
        <Text size="sm" fw={500} role="status">
          {looks[freshness].label}
        </Text>
        <Text size="sm" c="dimmed" style={{ fontVariantNumeric: 'tabular-nums' }} data-testid="data-age">
          · {describeAge(age, freshness)}
        </Text>
      </Group>
    </Tooltip>
  );
}

function describeAge(age: string | undefined, freshness: Freshness): string {
  if (age === undefined) return 'no data yet';
  return freshness === 'live' ? `${age} ago` : `data ${age} old`;
}

/** When the picture was last known to be exact: the newest sign of life during which nothing was missing. */
function useExactAt(connection: Connection, freshness: Freshness, now: number): number | undefined {
  const lastExact = useRef<number>(undefined);
  const heard = connection.status.lastSignOfLifeAt?.getTime();
  const isExact = freshness === 'live';
  // `now` makes this run every second, so that what is remembered when the line breaks is at most a second old.
  useEffect(() => {
    if (isExact && heard !== undefined && heard <= now + 1_000) lastExact.current = heard;
  }, [isExact, heard, now]);
  return isExact ? heard : lastExact.current;
}
