import js from '@eslint/js'
import globals from 'globals'
import tseslint from 'typescript-eslint'

// Imports go one way (docs: "Layout"): everything may use schemas; collect → log ← store → clickhouse ← timeline.
// Each folder names what it may not reach; a test may reach anything.
const server = 'ingest-server/src'
const walls = [
  {
    in: 'collect',
    not: ['store', 'timeline', 'clickhouse', 'erasure', 'touchpoints', 'projections', 'api'],
    because: 'collect knows the log, never what reads it',
  },
  {
    in: 'store',
    not: ['collect', 'timeline', 'identity', 'http', 'touchpoints', 'projections', 'erasure', 'api'],
    because: 'store moves lines and knows no event',
  },
  {
    in: 'log',
    not: ['collect', 'store', 'clickhouse', 'timeline', 'identity', 'touchpoints', 'projections', 'api'],
    because: 'the log is the port below both',
  },
  {
    in: 'clickhouse',
    not: ['collect', 'store', 'timeline', 'identity', 'log', 'touchpoints', 'projections', 'erasure', 'api'],
    because: 'clickhouse is below everything that stores and reads',
  },
  {
    in: 'projections',
    not: ['collect', 'store', 'timeline', 'identity', 'log', 'touchpoints', 'erasure', 'api'],
    because: 'projections derive tables and know none of them',
  },
  {
    in: 'identity',
    not: ['collect', 'store', 'timeline', 'log', 'erasure', 'api'],
    because: 'identity derives people from facts',
  },
  {
    in: 'timeline',
    not: ['collect', 'store', 'log', 'erasure', 'api'],
    because: 'timeline reads ClickHouse',
  },
  {
    in: 'erasure',
    not: ['collect', 'store', 'timeline', 'api'],
    because: 'an erasure knows tables and the log',
  },
]
const neverFrom = (folder, reason) => ({
  regex: `(^|/)${folder}(/|$)`,
  message: `${reason} (eslint.config.js, import directions).`,
})

const wallRules = walls.map((wall) => ({
  files: [`${server}/${wall.in}/**/*.ts`],
  ignores: ['**/*.test.ts'],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: [
          ...wall.not.map((folder) =>
            neverFrom(`\\.\\./${folder}`, `${wall.in} may not import ${folder}: ${wall.because}`),
          ),
          ...(wall.in === 'collect' || wall.in === 'store'
            ? [
                {
                  regex: 'kafka',
                  caseSensitive: false,
                  message: 'collect and store know the log, not which one it is.',
                },
              ]
            : []),
        ],
      },
    ],
  },
}))

export default tseslint.config(
  { ignores: ['**/dist/**', '**/node_modules/**', '.cache/**', 'data/**', 'sdk-browser/test/pages/**'] },
  js.configs.recommended,
  ...tseslint.configs.recommendedTypeChecked.map((config) => ({ ...config, files: ['**/*.ts'] })),
  {
    files: ['**/*.ts'],
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
  // One line for a developer whose key is refused.
  {
    files: ['sdk-browser/src/refused-key.ts', 'sdk-node/src/report.ts'],
    rules: { 'no-console': ['error', { allow: ['warn'] }] },
  },
  ...wallRules,
  {
    files: [`${server}/identity/{links,effective-links,resolve*}.ts`],
    ignores: ['**/*.test.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: '^(?!@touchline/schemas|\\./(links|effective-links|resolve))',
              message: 'links and resolve are pure: only schemas.',
            },
          ],
        },
      ],
    },
  },
  { files: ['**/*.{js,mjs}'], languageOptions: { globals: { ...globals.node } } },
  // What must not be loaded as an ES module says why.
  { files: ['**/*.cjs'], languageOptions: { sourceType: 'commonjs', globals: { ...globals.node } } },
  {
    files: ['sdk-browser/**', 'examples/**', 'bench/**'],
    languageOptions: { globals: { ...globals.browser, ...globals.node } },
  },
)
