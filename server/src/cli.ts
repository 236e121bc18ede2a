// The operator's commands: `npm run -s tillstream -- COMMAND`. Each is a file of its own; this one finds it and says what
// there is.
import { commands } from './cli/commands.ts';
import { ConfigError } from './config.ts';

async function main([name, ...args]: readonly string[]): Promise<number> {
  const command = commands.find((candidate) => candidate.name === name);
  if (!command || args.includes('--help')) {
    console.log(command ? `${command.usage}\n\n${command.summary}` : overview());
    return command || name === undefined || name === '--help' ? 0 : 2;
  }
  return (await command.run(args)) ?? 0;
}

function overview(): string {
  const lines = commands.map((command) => `  ${command.name.padEnd(16)} ${command.summary}`);
  return ['usage: npm run -s tillstream -- COMMAND [--help]', '', ...lines].join('\n');
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const lines =
    error instanceof ConfigError ? error.problems : [error instanceof Error ? error.message : String(error)];
  for (const line of lines) console.error(`tillstream: ${line}`);
  process.exitCode = 1;
}
