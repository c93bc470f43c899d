import { defineConfig } from 'vitest/config';
import { mockServer } from './mock/server';

// Fixed names and one chunk: the server embeds three files, and `anneal view --html` puts script and
// style into one. Nothing is inlined, since the page is served with a Content-Security-Policy.
export default defineConfig(({ command }) => ({
  base: './',
  plugins: command === 'serve' && !process.env['VITEST'] ? [mockServer()] : [],
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    cssCodeSplit: false,
    rollupOptions: {
      output: {
        entryFileNames: 'page.js',
        assetFileNames: (asset) => (asset.names[0]?.endsWith('.css') ? 'page.css' : '[name][extname]'),
      },
    },
  },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
}));
