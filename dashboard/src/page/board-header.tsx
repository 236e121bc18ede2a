// The bar at the top: the product, the choice of shop, the state of the connection, the colour scheme, the way out.
import {
  ActionIcon,
  Box,
  Button,
  Container,
  Group,
  Select,
  useComputedColorScheme,
  useMantineColorScheme,
} from '@mantine/core';
import { IconLogout, IconMoon, IconSun } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import type { Connection, Location } from '@tillstream/client';
import { useSession } from '../session/session.tsx';
import { ConnectionLine } from './connection-line.tsx';
import { allShopsMax, type Scope } from './scope.ts';
import { Wordmark } from './wordmark.tsx';

type BoardHeaderProps = { connection: Connection; isComplete: boolean; scope: Scope; allLocations: Location[] };

const allShops = 'all';

export function BoardHeader({ connection, isComplete, scope, allLocations }: BoardHeaderProps) {
  const { signOut } = useSession();
  return (
    <Box
      component="header"
      bg="var(--mantine-color-default)"
      style={{ borderBottom: '1px solid var(--mantine-color-default-border)' }}
    >
      <Container size={1560} px={{ base: 'sm', sm: 'lg' }} py="xs">
        <Group justify="space-between" gap="sm">
          <Group gap="md">
            <Wordmark />
            <ShopChooser scope={scope} locations={allLocations} />
          </Group>
          <Group gap="xs">
            <ConnectionLine connection={connection} isComplete={isComplete} />
            <SchemeToggle />
            <Button
              variant="subtle"
              color="gray"
              c="var(--mantine-color-text)"
              size="compact-sm"
              leftSection={<IconLogout size={16} aria-hidden />}
              onClick={() => signOut()}
            >
              Sign out
            </Button>
          </Group>
        </Group>
      </Container>
    </Box>
  );
}

function ShopChooser({ scope, locations }: { scope: Scope; locations: Location[] }) {
  const navigate = useNavigate({ from: '/' });
  const shops = locations.map((location) => ({ value: location.id, label: location.name }));
  const mayChooseAll = locations.length > 1 && locations.length <= allShopsMax;
  return (
    <Select
      aria-label="Shop"
      data={mayChooseAll ? [{ value: allShops, label: `All ${locations.length} shops` }, ...shops] : shops}
      value={scope.chosen?.id ?? allShops}
      onChange={(value) => void navigate({ search: value === null || value === allShops ? {} : { shop: value } })}
      searchable={locations.length > 10}
      allowDeselect={false}
      w={200}
      size="sm"
      data-testid="shop-chooser"
    />
  );
}

function SchemeToggle() {
  const { setColorScheme } = useMantineColorScheme();
  const isDark = useComputedColorScheme('light') === 'dark';
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      c="var(--mantine-color-text)"
      aria-label={isDark ? 'Use light colours' : 'Use dark colours'}
      onClick={() => setColorScheme(isDark ? 'light' : 'dark')}
    >
      {isDark ? <IconSun size={18} aria-hidden /> : <IconMoon size={18} aria-hidden />}
    </ActionIcon>
  );
}
