// Why stock moves: the ledger's vocabulary, as the check constraint of stock_movements has it.

export const movementTypes = ['sale', 'in', 'out', 'adjustment', 'waste', 'count'] as const;

export type MovementType = (typeof movementTypes)[number];
