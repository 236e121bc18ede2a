// What the rendering of any row needs to know beside the row.

import type { ItemBook } from '../item-book.ts';
import type { SquareIds } from './square-ids.ts';
import type { SquareSwitches } from './switches.ts';

export interface Rendering {
  readonly ids: SquareIds;
  readonly items: ItemBook;
  readonly switches: SquareSwitches;
}
