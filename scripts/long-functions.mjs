/** Functions over 60 lines: counted over all sources, so that their number can only fall. */
import { join, relative } from 'node:path'
import { longestFunction } from '../eslint.config.js'

/** How many there are. Lower it with each that goes; it is never raised. */
export const longFunctionsAtMost = 16

const sources = ['*/src/**/*.{ts,tsx}', 'scripts/*.mjs']

/**
 * Every function of the sources below `root` that is too long, as `{ file, line, says }`, also where a comment lets it
 * pass the lint.
 */
export async function findLongFunctions(root) {
  const { ESLint } = await import('eslint')
  const strict = new ESLint({
    cwd: root,
    overrideConfigFile: true,
    errorOnUnmatchedPattern: false,
    cache: true,
    cacheLocation: join(root, 'node_modules/.cache/long-functions'),
    cacheStrategy: 'content',
    overrideConfig: [
      { ignores: ['**/*.test.ts', '**/dist/**'] },
      { linterOptions: { noInlineConfig: true, reportUnusedDisableDirectives: 'off' } },
      {
        files: sources,
        languageOptions: { parser: (await import('typescript-eslint')).default.parser },
        rules: longestFunction,
      },
    ],
  })
  const results = await strict.lintFiles(sources)
  return results.flatMap(({ filePath, messages }) =>
    messages
      .filter(({ ruleId }) => ruleId !== null)
      .map(({ line, message }) => ({ file: relative(root, filePath), line, says: message })),
  )
}

/** What is to be done, or undefined where `found` is as it was: the files of the lint's list, and so many functions. */
export function judgeLongFunctions(found, { listed, atMost }) {
  const short = listed.filter((name) => !found.some(({ file }) => file === name))
  if (short.length > 0) return `no longer needed, remove from longFunctions: ${short.join(', ')}`
  if (found.length < atMost)
    return `${found.length} functions are over 60 lines, set longFunctionsAtMost to that (scripts/long-functions.mjs)`
  if (found.length === atMost) return undefined
  const all = found.map(({ file, line, says }) => `\n  ${file}:${line} ${says}`)
  return `${found.length} functions are over 60 lines, more than the ${atMost} of before. Divide the new one:${all.join('')}`
}
