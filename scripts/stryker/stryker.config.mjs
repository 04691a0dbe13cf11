/**
 * Every operator, condition and block of a folder that guards is changed, one after the other, and its unit tests are run.
 * Stryker is no dependency: it is installed by hand, in a worktree of its own.
 *
 *     npm i --no-save @stryker-mutator/core@9.6.1 @stryker-mutator/vitest-runner@9.6.1
 *     FOLDER=trust npx stryker run scripts/stryker/stryker.config.mjs
 */
import { chosen } from './folders.mjs'

const { name, mutate } = chosen()

export default {
  testRunner: 'vitest',
  plugins: ['@stryker-mutator/vitest-runner'],
  vitest: { configFile: 'scripts/stryker/vitest.config.mjs', related: false },
  mutate: [...mutate, '!**/*.test.ts'],
  // Texts and lists say something to people or are data; what guards is what is done with them.
  mutator: {
    excludedMutations: ['StringLiteral', 'ObjectLiteral', 'ArrayDeclaration', 'OptionalChaining', 'Regex'],
  },
  ignoreStatic: true,
  coverageAnalysis: 'perTest',
  concurrency: 1,
  timeoutMS: 5_000,
  tempDirName: 'node_modules/.cache/stryker',
  ignorePatterns: [
    '/*/dist',
    '/bench',
    '/docs',
    '/explorer',
    '/examples',
    '/sdk-browser',
    '/sdk-node',
    '/.cache',
    '/ingest-server/test',
  ],
  reporters: ['clear-text', 'json', 'progress-append-only'],
  clearTextReporter: { allowColor: false, reportTests: false, logTests: false },
  jsonReporter: { fileName: `node_modules/.cache/mutants-${name}.json` },
}
