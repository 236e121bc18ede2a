// Every command there is.

import { certifyPosCommand } from './certify-pos.ts';
import type { Command } from './command.ts';
import { createApiKeyCommand } from './create-api-key.ts';
import { createFranchiseCommand } from './create-franchise.ts';
import { createRolesCommand } from './create-roles.ts';
import { demoKeys } from './demo-keys.ts';
import { importSalesCommand } from './import-sales.ts';
import { migrateCommand } from './migrate.ts';
import { newEpochCommand } from './new-epoch.ts';
import { rotateKeysCommand } from './rotate-keys.ts';

export const commands: readonly Command[] = [
  migrateCommand,
  createFranchiseCommand,
  createApiKeyCommand,
  demoKeys,
  importSalesCommand,
  newEpochCommand,
  rotateKeysCommand,
  createRolesCommand,
  certifyPosCommand,
];
