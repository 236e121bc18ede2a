// The operator's commands: `npm run -s tillstream -- COMMAND`. Each is a file of its own; this one finds it and says what
// there is.
import { isUsageError } from './cli/command.ts';
import { commands } from './cli/commands.ts';
import { ConfigError } from './config.ts';
import { explainFailure } from './explain-failure.ts';

async function main([name, ...args]: readonly string[]): Promise<number> {
  const command = commands.find((candidate) => candidate.name === name);
  if (name === undefined || name === '--help') {
    console.log(overview());
    return 0;
  }
  if (!command) {
    console.error(`tillstream: there is no command "${name}".\n\n${overview()}`);
    return 2;
  }
  if (args.includes('--help')) {
    const { usage, summary, details } = command;
    console.log([usage, summary, ...(details === undefined ? [] : [details])].join('\n\n'));
    return 0;
  }
  try {
    return (await command.run(args)) ?? 0;
  } catch (error) {
    if (!isUsageError(error)) throw error;
    console.error(`tillstream: ${error.message}\n\nusage: ${command.usage}`);
    return 2;
  }
}

function overview(): string {
  const lines = commands.map((command) => `  ${command.name.padEnd(16)} ${command.summary}`);
  return ['usage: npm run -s tillstream -- COMMAND [--help]', '', ...lines].join('\n');
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const lines = error instanceof ConfigError ? error.problems : [explainFailure(error)];
  for (const line of lines) console.error(`tillstream: ${line}`);
  process.exitCode = 1;
}
