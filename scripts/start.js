/**
 * npm start: installs what is missing, builds the dashboard when it changed, then runs the server (server/src/main.ts) with
 * the pinned Node until it is told to stop.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { buildDashboard } from './build-dashboard.js';
import { environment, installPackages, pinnedNode, root } from './install.js';
import { StepFailed } from './steps.js';

const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'];

try {
  await installPackages();
  await buildDashboard();
} catch (error) {
  if (!(error instanceof StepFailed)) console.error(error.message);
  process.exit(1);
}

// In our process group, so that whoever kills the group kills it too. The channel is a lifeline: when we die unheard, the
// server sees it close, and drains instead of holding the port against the next start.
const server = spawn(pinnedNode(), [join(root, 'server', 'src', 'main.ts'), ...process.argv.slice(2)], {
  cwd: root,
  env: environment(),
  stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
});

// Ctrl-C reaches the whole group, and npm hands it down once more, so one key press arrives here several times. The server
// is told once and drains; whatever comes after that, we leave when it has.
let told = false;
function tellServer() {
  if (told) return;
  told = true;
  server.kill('SIGTERM');
}
for (const signal of stopSignals) process.on(signal, tellServer);

// npm that is killed outright tells nobody: we notice that another process has become our parent.
if (process.env.npm_lifecycle_event !== undefined) {
  const parent = process.ppid;
  const parentCheckMs = 250;
  setInterval(() => process.ppid !== parent && tellServer(), parentCheckMs).unref();
}

server.once('error', (error) => {
  console.error(`The server could not be run: ${error.message}`);
  process.exit(1);
});
server.once('exit', (code, signal) => {
  // The server hears these signals from before its first step until after its last. One of them ends it only where there
  // is nothing to stop: while Node loads it, and when Node tears down a program that has come to its end.
  if (told && stopSignals.includes(signal)) process.exit(0);
  if (signal !== null) console.error(`The server was ended by ${signal}; what it had acknowledged is safe.`);
  process.exit(code ?? 1);
});
