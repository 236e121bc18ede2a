// What can be in conflict: the tables whose rows people edit side by side, under their own names.
import type { Action, Caller } from '../../identity/index.ts';
import type { ApplyResolution } from '../../platform/versioned-update-resolution.ts';

export const conflictKinds = ['locations', 'products', 'inventory_items', 'pos_systems'] as const;

export type ConflictKind = (typeof conflictKinds)[number];

/** The right to edit a kind is the right to see and settle its conflicts. */
export const editing: Readonly<Record<ConflictKind, Action>> = {
  locations: 'locations.manage',
  products: 'catalog.manage',
  inventory_items: 'inventory.manage',
  pos_systems: 'pos.manage',
};

/** How each kind's chosen side becomes its state. A new kind without an entry does not compile. */
export type ResolutionTable = Readonly<Record<ConflictKind, ApplyResolution<Caller>>>;
