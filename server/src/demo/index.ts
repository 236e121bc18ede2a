// The demo: a small franchise with tills that ring up sales, so that whoever starts Tillstream sees it work. Founded once,
// through the same operations and the same public API that everybody uses; it owns no table.

export { demoFilePath } from './demo-file.ts';
export { addDemoRoutes } from './routes.ts';
export { type Demo, type DemoOptions, startDemo } from './start-demo.ts';
