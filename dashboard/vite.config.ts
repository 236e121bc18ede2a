// Builds the page into dist/, which the server serves at `/`. In development the server's routes are passed through.
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const server = 'http://127.0.0.1:8787';

export default defineConfig({
  base: '/',
  plugins: [react()],
  build: { outDir: 'dist', emptyOutDir: true, sourcemap: false, chunkSizeWarningLimit: 1_200 },
  server: { host: '127.0.0.1', proxy: { '/v1': server, '/realtime': { target: server, ws: true } } },
});
