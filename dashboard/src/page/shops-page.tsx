// The signed-in page: finds out which shops there are, and opens the board of the chosen ones.
import { Button, Center, Loader, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { eachItem, type Location, type Tillstream } from '@tillstream/client';
import { useMemo } from 'react';
import { useSession } from '../session/session.tsx';
import { Message } from './message.tsx';
import { decideScope } from './scope.ts';
import { ShopBoard } from './shop-board.tsx';

const route = getRouteApi('/');

export function ShopsPage({ tillstream }: { tillstream: Tillstream }) {
  const { shop } = route.useSearch();
  const { signOut } = useSession();
  const access = useQuery({ queryKey: ['access'], queryFn: () => readAccess(tillstream) });
  const scope = useMemo(
    () => access.data && access.data.locations.length > 0 && decideScope(access.data.locations, access.data.me, shop),
    [access.data, shop],
  );

  if (access.isPending) {
    return (
      <Center mih="100vh" component="main">
        <Stack align="center" gap="sm">
          <Loader aria-hidden />
          <Text c="dimmed">Opening your shops…</Text>
        </Stack>
      </Center>
    );
  }
  if (access.isError) {
    return (
      <Message title="Your shops could not be opened" error={access.error}>
        <Button onClick={() => void access.refetch()}>Try again</Button>
        <Button variant="default" onClick={() => signOut()}>
          Sign in differently
        </Button>
      </Message>
    );
  }
  if (!scope) {
    return (
      <Message title="No shops yet" detail="This access sees no shop. Ask the owner to add you, or add a shop by API.">
        <Button variant="default" onClick={() => signOut()}>
          Sign in differently
        </Button>
      </Message>
    );
  }
  return <ShopBoard key={scope.key} tillstream={tillstream} scope={scope} allLocations={access.data.locations} />;
}

async function readAccess(tillstream: Tillstream) {
  const [me, locations] = await Promise.all([tillstream.me(), readLocations(tillstream)]);
  return { me, locations };
}

async function readLocations(tillstream: Tillstream): Promise<Location[]> {
  const locations: Location[] = [];
  const pages = eachItem((after) =>
    tillstream.listLocations({ limit: 500, ...(after === undefined ? {} : { after }) }),
  );
  for await (const location of pages) locations.push(location);
  return locations.sort((one, other) => one.name.localeCompare(other.name));
}
