// Looks after the socket for as long as it is wanted. realtime-js opens it again after a break, but waits for ever where a
// handshake is never answered, and where a place is joined just while the socket closes: then nobody opens it any more.
import type { RealtimeClient } from '@supabase/realtime-js';

export type OpeningTimes = {
  /** Time that a handshake may take, in ms. */
  openingMs: number;
  /** Time that the socket may stay closed, in ms; longer than any pause between two attempts. */
  closedMs: number;
};

const lookMs = 1_000;

/** Begins; the function that is returned ends it. */
export function keepOpening(socket: RealtimeClient, { openingMs, closedMs }: OpeningTimes): () => void {
  let before = socket.connectionState();
  let sinceMs = Date.now();
  const look = () => {
    const state = socket.connectionState();
    if (state !== before) {
      before = state;
      sinceMs = Date.now();
    }
    if (socket.isConnected() || isHidden()) return;
    if (Date.now() - sinceMs < (socket.isConnecting() ? openingMs : closedMs)) return;
    sinceMs = Date.now();
    void beginAnew(socket, () => isEnded);
  };
  let isEnded = false;
  const timer = setInterval(look, Math.min(lookMs, openingMs));
  return () => {
    isEnded = true;
    clearInterval(timer);
  };
}

/** Connecting alone does nothing while there is a socket that will never open. */
async function beginAnew(socket: RealtimeClient, isEnded: () => boolean): Promise<void> {
  await socket.disconnect();
  if (!isEnded()) socket.connect();
}

/** A page in the background has let its socket go on purpose, and takes it up again when it is looked at. */
function isHidden(): boolean {
  // Asked this way, the file also type-checks in a program without the DOM.
  const { document } = globalThis as { document?: { visibilityState?: string } };
  return document?.visibilityState === 'hidden';
}
