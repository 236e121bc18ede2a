// tillstream new-epoch
import { beginEpoch } from '../events/epoch.ts';
import { asOwner } from '../platform/owner-connection.ts';
import type { Command } from './command.ts';
import { withDatabase } from './with-database.ts';

export const newEpochCommand: Command = {
  name: 'new-epoch',
  usage: 'npm run -s tillstream -- new-epoch',
  summary:
    'Makes every position in the event log invalid, so that all readers take a new snapshot. Run it after a disk snapshot ' +
    'was put back: every other restore, and a promoted standby, is noticed at the start.',
  async run() {
    const epoch = await withDatabase((ownerUrl) => asOwner(ownerUrl, beginEpoch));
    console.log(`Epoch ${epoch} has begun: cursors of before are answered events.resync.`);
  },
};
