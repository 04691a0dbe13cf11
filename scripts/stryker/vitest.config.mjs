import { defineConfig } from 'vitest/config'
import { chosen } from './folders.mjs'

export default defineConfig({
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'] } },
  test: { include: chosen().tests, testTimeout: 60_000, maxWorkers: 1 },
})
