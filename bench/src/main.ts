// npm run bench -- NAME: measures, prints a table for people and one JSON line a figure for programs.

import { benches } from './benches.ts';
import { startCluster } from './ground/cluster.ts';
import { drawTable, figureLine } from './ground/figure.ts';
import { describeMachine } from './ground/machine.ts';

async function main(words: readonly string[]): Promise<number> {
  const [name = ''] = words;
  const bench = benches.get(name);
  if (bench === undefined) {
    console.error(`npm run bench -- ${[...benches.keys()].join(' | ')}`);
    return 1;
  }
  const cluster = await startCluster();
  try {
    const machine = await describeMachine(cluster.version);
    const report = await bench(cluster, (line) => console.error(line));
    console.log([...machine, '', drawTable(report.table), '', ...report.notes].join('\n'));
    for (const figure of report.figures) console.log(figureLine(figure));
    return 0;
  } finally {
    await cluster.stop();
  }
}

process.exitCode = await main(process.argv.slice(2));
