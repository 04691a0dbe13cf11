import { defineConfig } from 'vitest/config'

// Workspace packages are read from their sources ("source" condition), so unit tests need no build.
const fromSources = { resolve: { conditions: ['source'] }, ssr: { resolve: { conditions: ['source'] } } }

export default defineConfig({
  test: {
    projects: ['schemas', 'sdk-browser', 'sdk-node', 'ingest-server', 'examples', 'scripts'].map((name) => ({
      ...fromSources,
      test: {
        name,
        root: name,
        include: ['{src,test}/**/*.test.ts', '*.test.ts'],
        exclude: ['**/node_modules/**', '**/dist/**'],
        testTimeout: 120_000,
        hookTimeout: 180_000,
      },
    })),
    // Two cores: more workers than that only make real servers and browsers slower to answer.
    maxWorkers: 2,
  },
})
