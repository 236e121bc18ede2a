// Carries what is said in rooms from node to node. A room's own node delivers to its own members by itself: the carrier is
// only for the others, and may lose anything, because nothing that matters travels here alone.

export interface RoomCarrier {
  /** To the other nodes that subscribe to the room. Must not throw, and must not keep the caller waiting. */
  publish(room: string, message: Uint8Array): void;
  /**
   * What other nodes publish in the room; nothing of this node's own. A room's name has letters, digits, `-` and `_` only.
   * Returns the function that ends the subscription. The listener does not throw.
   */
  subscribe(room: string, listener: (message: Uint8Array) => void): () => void;
  /** The way to the other nodes was broken and stands again: what was published meanwhile, in either direction, is lost. */
  onRestored(listener: () => void): () => void;
}

/** For a node that is alone. */
export const noOtherNodes: RoomCarrier = Object.freeze({
  publish: () => undefined,
  subscribe: () => () => undefined,
  onRestored: () => () => undefined,
});
