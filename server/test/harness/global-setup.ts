/** Vitest runs this once, around all test files: one PostgreSQL server for all of them (see test-server.ts). */
import type { TestProject } from 'vitest/node';
import { startTestServer } from './test-server.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Connection URL of a login that may create databases and roles. */
    testServerUrl: string;
  }
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startTestServer(process.env['TILLSTREAM_TEST_DATABASE_URL']);
  project.provide('testServerUrl', server.url);
  return () => server.stop();
}
