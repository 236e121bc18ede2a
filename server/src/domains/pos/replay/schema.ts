// The wire shape of a replay.
import { z } from 'zod';
import { saleResult, syncErrorView } from '../schema.ts';

export const replayView = z.object({
  result: saleResult.describe('As POST /v1/pos-systems/{id}/transactions answers it; `rejected`: the error stays open'),
  syncError: syncErrorView,
});
