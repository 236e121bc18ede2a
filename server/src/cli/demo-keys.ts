// tillstream demo-keys
import { readFile } from 'node:fs/promises';
import { readConfig } from '../config.ts';
import { demoFilePath } from '../demo/index.ts';
import { type Command, UsageError } from './command.ts';

export const demoKeys: Command = {
  name: 'demo-keys',
  usage: 'npm run -s tillstream -- demo-keys',
  summary: "Prints the demo's address, ids, keys and tokens as JSON.",
  async run(args) {
    if (args.length > 0) throw new UsageError(`demo-keys takes no options, got "${args[0]}".`);
    const path = demoFilePath(readConfig().dataDir);
    const text = await readFile(path, 'utf8').catch(() => {
      throw new Error(`There is no demo yet: start the server with the demo on, which writes ${path}.`);
    });
    process.stdout.write(text);
  },
};
