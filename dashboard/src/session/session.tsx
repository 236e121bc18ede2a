// Who is signed in: the client for the present credential, and the ways in and out.
import { QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { createTillstream, type Tillstream, TillstreamError } from '@tillstream/client';
import { createContext, type ReactNode, use, useCallback, useEffect, useMemo, useState } from 'react';
import { type Credential, storeCredential, storedCredential } from './credential.ts';

export type Session = {
  /** Undefined while nobody is signed in. */
  tillstream: Tillstream | undefined;
  /** Why the last session ended, if not by the person's own wish. */
  endedBecause: string | undefined;
  signIn: (credential: Credential) => void;
  signOut: (because?: string) => void;
};

const SessionContext = createContext<Session | undefined>(undefined);

/** The present session. Only inside SessionProvider. */
export function useSession(): Session {
  const session = use(SessionContext);
  if (session === undefined) throw new Error('useSession is called outside SessionProvider.');
  return session;
}

/** Refusals are final until something changes; only a request that may succeed later is repeated. */
function shouldRetry(failures: number, error: Error): boolean {
  return error instanceof TillstreamError && error.isTemporary && failures < 3;
}

export function SessionProvider({ children }: { children: ReactNode }) {
  const [credential, setCredential] = useState(storedCredential);
  const [endedBecause, setEndedBecause] = useState<string>();

  const signIn = useCallback((next: Credential) => {
    storeCredential(next);
    setEndedBecause(undefined);
    setCredential(next);
  }, []);
  const signOut = useCallback((because?: string) => {
    storeCredential(undefined);
    setEndedBecause(because);
    setCredential(undefined);
  }, []);

  const tillstream = useMemo(() => credential && connect(credential), [credential]);
  // A new cache for each credential: nobody sees a frame of what another person's rights had loaded.
  const queries = useMemo(() => createQueries(credential, signOut), [credential, signOut]);
  useEffect(() => () => void tillstream?.realtime.unsubscribeAll(), [tillstream]);

  const session = useMemo(
    () => ({ tillstream, endedBecause, signIn, signOut }),
    [tillstream, endedBecause, signIn, signOut],
  );
  return (
    <SessionContext value={session}>
      <QueryClientProvider client={queries}>{children}</QueryClientProvider>
    </SessionContext>
  );
}

function connect(credential: Credential): Tillstream {
  const url = window.location.origin;
  return credential.kind === 'key'
    ? createTillstream({ url, apiKey: credential.value })
    : createTillstream({ url, accessToken: credential.value });
}

function createQueries(credential: Credential | undefined, signOut: Session['signOut']): QueryClient {
  return new QueryClient({
    queryCache: new QueryCache({
      onError: (error) => {
        if (credential === undefined || !(error instanceof TillstreamError) || error.status !== 401) return;
        signOut('Your sign-in is no longer valid. Sign in again to go on.');
      },
    }),
    defaultOptions: { queries: { retry: shouldRetry, refetchOnWindowFocus: false, staleTime: 60_000 } },
  });
}
