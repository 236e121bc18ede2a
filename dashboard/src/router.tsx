// The routes. The chosen shop is in the address, so that a screen in a shop can be bookmarked and reloaded.
import { createRootRoute, createRoute, createRouter } from '@tanstack/react-router';
import { HomePage } from './page/home-page.tsx';

const rootRoute = createRootRoute();

const homeRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/',
  component: HomePage,
  validateSearch: (search: Record<string, unknown>): { shop?: string } =>
    typeof search['shop'] === 'string' ? { shop: search['shop'] } : {},
});

export const router = createRouter({ routeTree: rootRoute.addChildren([homeRoute]) });

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
