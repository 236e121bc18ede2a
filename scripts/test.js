/**
 * npm test: installs what is missing, then types, lint and all tests. Words behind `npm test --` go to vitest, for example
 * a path. Every step runs even if one before it failed; the last line is `N passed, N failed`, of tests.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildDashboard } from './build-dashboard.js';
import { environment, installPackages, pinnedNode, root } from './install.js';
import { run, StepFailed, seconds, step } from './steps.js';
import { installTestPrograms } from './test-programs.js';

const workspaces = ['server', 'client', 'simulators', 'dashboard', 'bench'];
const failed = [];

/** Does a step, and notes a failure instead of ending. */
async function check(title, work) {
  await step(title, work).catch((error) => {
    if (!(error instanceof StepFailed)) console.error(error.message);
    failed.push(title);
  });
}

const tool = (path, ...words) =>
  run(pinnedNode(), [join(root, 'node_modules', path), ...words], { cwd: root, env: environment() });

async function main() {
  await installPackages();
  await installTestPrograms();
  for (const workspace of workspaces.filter((name) => existsSync(join(root, name, 'tsconfig.json')))) {
    await check(`Types of ${workspace}`, () => tool('typescript/bin/tsc', '--noEmit', '-p', workspace));
  }
  await check('Lint', () => tool('@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.'));
  // The browser tests look at the page that the server serves.
  await buildDashboard().catch(() => failed.push('Building the dashboard'));

  const startedAt = performance.now();
  console.log('Tests …');
  const { passed, notPassed } = await runTests(process.argv.slice(2));
  console.log(`Tests took ${seconds(startedAt)}`);
  if (failed.length > 0) console.log(`Failed besides tests: ${failed.join(', ')}`);
  console.log(`${passed} passed, ${notPassed} failed`);
  return failed.length === 0 && notPassed === 0 && passed > 0;
}

/** Runs vitest with its own report on the screen, and reads the counts from its report as JSON. */
async function runTests(words) {
  const folder = mkdtempSync(join(tmpdir(), 'tillstream-report-'));
  const file = join(folder, 'report.json');
  try {
    const code = await new Promise((resolve) => {
      const program = join(root, 'node_modules', 'vitest', 'vitest.mjs');
      const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
      const child = spawn(pinnedNode(), [program, 'run', ...reporters, ...words], {
        cwd: root,
        env: environment(),
        stdio: ['ignore', 'inherit', 'inherit'],
      });
      child.once('error', () => resolve(1));
      child.once('exit', (status) => resolve(status ?? 1));
    });
    return count(file, code);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A file that cannot be loaded, or an error outside of every test, has no test to its name and still counts as one. */
function count(file, code) {
  if (!existsSync(file)) return { passed: 0, notPassed: 1 };
  const report = JSON.parse(readFileSync(file, 'utf8'));
  const broken = report.testResults.filter((each) => each.status === 'failed' && each.assertionResults.length === 0);
  const notPassed = report.numFailedTests + broken.length;
  return { passed: report.numPassedTests, notPassed: notPassed === 0 && code !== 0 ? 1 : notPassed };
}

// Ctrl-C reaches vitest as well, which stops its servers; we wait for it.
process.on('SIGINT', () => undefined);

main().then(
  (good) => process.exit(good ? 0 : 1),
  (error) => {
    if (!(error instanceof StepFailed)) console.error(error.message);
    console.log('0 passed, 1 failed');
    process.exit(1);
  },
);
