// What every panel of the board is given.
import type { ShopView } from '../view/shop-view.ts';
import type { Scope } from './scope.ts';

export type Board = {
  view: ShopView;
  /** Higher for each new picture of the view. */
  revision: number;
  /** Milliseconds since 1970, renewed every second. */
  now: number;
  scope: Scope;
  /** True until every shop's first snapshot has come. */
  isLoading: boolean;
};
