// The pull feed: the event log page by page, for programs that ask instead of listening, and for clients that fill a gap.
// Exact like the live feed: what a page leaves out comes with a later one. Tables owned: none. Events appended: none.
export { addFeedRoutes } from './routes.ts';
