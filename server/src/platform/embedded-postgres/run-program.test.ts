import { expect, test } from 'vitest';
import { ProgramFailed, runProgram } from './run-program.ts';

const say = (script: string) => ['-e', script];

test('what a program prints is returned, and how it failed is told in its own words', async () => {
  expect(await runProgram(process.execPath, say('console.log("17.2")'))).toBe('17.2\n');
  const failed = runProgram(process.execPath, say('console.error("no space left"); process.exit(3)'));
  await expect(failed).rejects.toEqual(new ProgramFailed('no space left', 3));
  await expect(runProgram(process.execPath, say('process.exit(4)'))).rejects.toThrow('exit code 4');
  await expect(runProgram('/no/such/program', [])).rejects.toThrow('ENOENT');
});

test('a program leads a group of its own, which a Ctrl-C at the terminal does not reach', async () => {
  const group = await runProgram('/bin/sh', ['-c', 'ps -o pgid= -p $$']);
  const ours = await runProgram('/bin/sh', ['-c', `ps -o pgid= -p ${process.pid}`]);
  expect(Number(group)).toBeGreaterThan(1);
  expect(Number(group)).not.toBe(Number(ours));
});

test('an abort ends the program that runs, and starts none', async () => {
  const told = new AbortController();
  const running = runProgram(process.execPath, say('setInterval(() => {}, 1000)'), { signal: told.signal });
  told.abort(new Error('Ctrl-C'));
  await expect(running).rejects.toThrow('Ctrl-C');
  await expect(runProgram('/no/such/program', [], { signal: told.signal })).rejects.toThrow('Ctrl-C');
});
