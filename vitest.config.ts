import { readFile } from 'node:fs/promises'
import { defineConfig, type Plugin } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

// Workspace packages are read from their sources ("source" condition), so unit tests need no build.
const fromSources = { resolve: { conditions: ['source'] }, ssr: { resolve: { conditions: ['source'] } } }

// What the MCP client stands on names its TypeScript under "source" too, which Node does not load.
const readByVite = [/@modelcontextprotocol\/sdk/, /eventsource-parser/]

/** Their maps name sources that are not published, of which vite would warn file by file in every run. */
const withoutMaps = (): Plugin => ({
  name: 'without-maps',
  enforce: 'pre',
  async load(id) {
    const [file = id] = id.split('?')
    if (!file.endsWith('.js') || !readByVite.some((one) => one.test(file))) return undefined
    return (await readFile(file, 'utf8')).replace(/^\/\/# sourceMappingURL=.*$/m, '')
  },
})

/**
 * The long ones: attacks, kills, whole companies, every look of every page. `npm run test:promises` runs them, `npm test`
 * the others (scripts/test.mjs); without it, as with `npx vitest run FILE`, all are there.
 */
const long = ['**/*.long.test.ts', '**/test/promises/**']
const which = process.env.WHICH_TESTS

/** What takes longest begins first, then what takes minutes (browsers, brokers, kills): no worker is alone with it at the end. */
const takeLongest =
  /\/(questions\.long|arriving\.long|attacker\.long|stitch\.long|demo\.long|roles|kafka-broker|erasing\.long)\.test/
const takesMinutes = /\/(sdk-browser\/test|explorer\/test|ingest-server\/test|examples\/test)\//

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const rank = ({ moduleId }: TestSpecification) =>
      takeLongest.test(moduleId) ? 0 : takesMinutes.test(moduleId) ? 1 : 2
    return [0, 1, 2].flatMap((place) => sorted.filter((file) => rank(file) === place))
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: ['schemas', 'sdk-browser', 'sdk-node', 'ingest-server', 'explorer', 'examples', 'scripts'].map(
      (name) => ({
        ...fromSources,
        plugins: [withoutMaps()],
        // Only the Explorer has components; what makes them of JSX is said here as in explorer/vite.config.ts.
        oxc: { jsx: { runtime: 'automatic' as const, importSource: 'preact' } },
        test: {
          name,
          root: name,
          include:
            which === 'long'
              ? ['{src,test}/**/*.long.test.ts', 'test/promises/**/*.test.ts']
              : ['{src,test}/**/*.test.ts', '*.test.ts'],
          exclude: ['**/node_modules/**', '**/dist/**', ...(which === 'short' ? long : [])],
          server: { deps: { inline: readByVite } },
          testTimeout: 120_000,
          hookTimeout: 180_000,
        },
      }),
    ),
    // Two cores: more workers than that only make real servers and browsers slower to answer.
    maxWorkers: 2,
  },
})
