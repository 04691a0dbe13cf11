import js from '@eslint/js'
import globals from 'globals'
import tseslint from 'typescript-eslint'

const server = 'ingest-server/src'

// Which folder may import which: .dependency-cruiser.cjs.

// Files with a function over 60 lines: factories that hold the functions of what they make. The list may shrink, never
// grow: scripts/long-functions.mjs has the number of such functions, and `npm run check` fails on any other.
export const longFunctions = [
  'ingest-server/src/app.ts',
  'ingest-server/src/clickhouse/pending-clickhouse.ts',
  'ingest-server/src/collect/read/spans.ts',
  'ingest-server/src/identity/upkeep/stitcher.ts',
  'ingest-server/src/log/append-queue.ts',
  'ingest-server/src/log/embedded/embedded-log.ts',
  'ingest-server/src/log/kafka/kafka-log.ts',
  'ingest-server/src/log/kafka/kafka-writer.ts',
  'ingest-server/src/log/embedded/log-space.ts',
  'ingest-server/src/metrics.ts',
  'ingest-server/src/store/store.ts',
  'sdk-node/src/client.ts',
  'sdk-node/src/outbox.ts',
  'sdk-node/src/report.ts',
  'sdk-node/src/send.ts',
  'sdk-node/src/spool.ts',
]

export const longestFunction = {
  'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
}

export default tseslint.config(
  { ignores: ['**/dist/**', '**/node_modules/**', '.cache/**', 'data/**', 'sdk-browser/test/pages/**'] },
  js.configs.recommended,
  ...tseslint.configs.recommendedTypeChecked.map((config) => ({ ...config, files: ['**/*.{ts,tsx}'] })),
  {
    files: ['**/*.{ts,tsx}'],
    languageOptions: {
      parserOptions: { project: './tsconfig.check.json', tsconfigRootDir: import.meta.dirname },
      globals: globals.node,
    },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/return-await': ['error', 'error-handling-correctness-only'],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // A port's method may be synchronous in one adapter and not in the other.
      '@typescript-eslint/require-await': 'off',
    },
  },
  {
    files: [`${server}/**/*.ts`, 'sdk-browser/src/**/*.ts', 'sdk-node/src/**/*.ts', 'schemas/src/**/*.ts'],
    ignores: [`${server}/config.ts`, '**/*.test.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: "MemberExpression[object.name='process'][property.name='env']",
          message: 'Only ingest-server/src/config.ts reads process.env.',
        },
      ],
      'no-console': 'error',
    },
  },
  {
    files: [`${server}/**/*.ts`],
    ignores: [`${server}/clickhouse/query.ts`, `${server}/config.ts`, '**/*.test.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: "MemberExpression[object.name='process'][property.name='env']",
          message: 'Only ingest-server/src/config.ts reads process.env.',
        },
        {
          selector: "CallExpression[callee.property.name='query']",
          message:
            'Only ingest-server/src/clickhouse/query.ts calls the client; ask with query or queryRows.',
        },
      ],
    },
  },
  { files: [`${server}/main.ts`, `${server}/cli.ts`, `${server}/cli/**`], rules: { 'no-console': 'off' } },
  // Lines for a developer; t.debug.js is made of them.
  {
    files: ['sdk-browser/src/debug/explain.debug.ts'],
    rules: { 'no-console': ['error', { allow: ['log'] }] },
  },
  {
    files: ['sdk-browser/src/base/warn.ts', 'sdk-node/src/report.ts'],
    rules: { 'no-console': ['error', { allow: ['warn'] }] },
  },
  {
    files: ['explorer/src/**/*.{ts,tsx}'],
    ignores: ['**/*.test.ts'],
    rules: {
      'no-console': 'error',
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: ['@touchline/*', 'zod'],
              allowTypeImports: true,
              message: 'Types only: the schemas would bring zod into every browser.',
            },
          ],
        },
      ],
      'no-restricted-syntax': [
        'error',
        {
          selector: 'JSXAttribute[name.name=/^(dangerouslySetInnerHTML|style)$/]',
          message:
            'Text goes in as text, looks stand in a style sheet: the policy of the pages allows neither.',
        },
        {
          selector: 'MemberExpression[property.name=/^(innerHTML|outerHTML|insertAdjacentHTML)$/]',
          message: 'The policy of the pages allows no HTML from text.',
        },
      ],
    },
  },
  {
    files: ['**/src/**/*.{ts,tsx}', 'scripts/*.mjs'],
    ignores: ['**/*.test.ts', ...longFunctions],
    rules: longestFunction,
  },
  { files: ['**/*.{js,mjs}'], languageOptions: { globals: { ...globals.node } } },
  // What must not be loaded as an ES module says why.
  { files: ['**/*.cjs'], languageOptions: { sourceType: 'commonjs', globals: { ...globals.node } } },
  {
    files: ['sdk-browser/**', 'explorer/**', 'examples/**', 'bench/**'],
    languageOptions: { globals: { ...globals.browser, ...globals.node } },
  },
)
