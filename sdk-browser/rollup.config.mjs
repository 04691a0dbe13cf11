/**
 * Builds what a page loads (dist/t*.js, dist/stub.js) and the ESM package (dist/index.js). Only the former are
 * minified: of the sources' property names just those survive that api.ts, wire.ts, who.ts and the event builders
 * declare, or that belong to the browser. The smaller scripts have some modules in a form of their
 * own: t.core.js `x.core.ts` in place of `x.ts`, t.lite.js `x.lite.ts`. t.js has `x.page.ts`, which leaves the reading of forms
 * to t.forms.js; t.whole.js has it in itself. t.debug.js, for developers, is the whole with `x.debug.ts`, and not minified.
 */
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { nodeResolve } from '@rollup/plugin-node-resolve'
import terser from '@rollup/plugin-terser'
import ts from 'typescript'
import { shortest } from './scripts/shortest.mjs'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))

/** Names of all properties and methods that the types of a source file declare. */
function declaredNames(path) {
  const names = []
  const visit = (node) => {
    if ((ts.isPropertySignature(node) || ts.isMethodSignature(node)) && ts.isIdentifier(node.name))
      names.push(node.name.text)
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile(path, readFileSync(here(path), 'utf8'), ts.ScriptTarget.Latest))
  return names
}

// `_q` is where the stub keeps its calls.
export const keptNames = [
  ...['src/base/api.ts', 'src/base/wire.ts', 'src/visitor/who.ts', '../schemas/src/build.ts'].flatMap(
    declaredNames,
  ),
  '_q',
  // Where every build finds the page's tracker, and what it was told.
  'touchline',
  'twice',
]

/**
 * Strips the types and lowers the syntax to ES2019; `tsc` checks them. All `const` become `let`, which the minifier can
 * join into one statement: 20 to 35 bytes.
 */
const typescript = {
  name: 'typescript',
  transform: (code, id) =>
    id.endsWith('.ts')
      ? {
          code: ts
            .transpileModule(code, {
              compilerOptions: {
                target: ts.ScriptTarget.ES2019,
                module: ts.ModuleKind.ESNext,
                verbatimModuleSyntax: true,
              },
            })
            .outputText.replace(/\bconst (?=[\w$[{])/g, 'let '),
          map: null,
        }
      : null,
}

/** `./x.js` in a source is `./x.ts` on disk, or `./x.core.ts` where `variantOf('./x.js')` is `core` and there is one. */
const sources = (variantOf) => ({
  name: 'sources',
  resolveId(id, importer) {
    if (!id.startsWith('.') || !importer?.endsWith('.ts')) return null
    const path = (ending) => fileURLToPath(new URL(id.replace(/\.js$/, ending), `file://${importer}`))
    const variant = path(`.${variantOf(id)}.ts`)
    return existsSync(variant) ? variant : path('.ts')
  },
})

const plugins = (variantOf) => [sources(variantOf), nodeResolve({ exportConditions: ['source'] }), typescript]

export const minified = (variantOf) => [
  ...plugins(variantOf),
  terser({
    ecma: 2019,
    toplevel: true,
    compress: {
      passes: 4,
      inline: 1,
      keep_fargs: false,
      unsafe: true,
      unsafe_arrows: true,
      unsafe_methods: true,
      pure_getters: true,
    },
    mangle: { properties: { reserved: keptNames, keep_quoted: 'strict' } },
    format: { comments: false },
  }),
]

/** Where the caps of size-caps.json leave little, the last bytes are looked for. */
const lastBytes = (of) => ({ name: 'shortest', renderChunk: (code) => shortest(code.trim(), of) })

const script = (name, entry, variant, steps, format = 'iife') => ({
  input: here(`src/${entry}.ts`),
  output: { file: here(`dist/${name}.js`), format, strict: false },
  plugins: [...minified(() => variant), ...(steps ? [lastBytes({ name, ...steps })] : [])],
})

export default [
  script('stub', 'stub'),
  script('t', 'boot', 'page', { orders: 3_000, names: 45_000 }),
  script('t.forms', 'forms/forms-part', undefined, undefined, 'es'),
  script('t.whole', 'boot', undefined),
  script('t.lite', 'boot', 'lite', { orders: 3_000, names: 30_000 }),
  script('t.core', 'boot', 'core', { orders: 3_000, names: 60_000 }),
  {
    input: here('src/boot.ts'),
    output: { file: here('dist/t.debug.js'), format: 'iife', strict: false },
    plugins: plugins(() => 'debug'),
  },
  {
    input: here('src/index.ts'),
    output: [
      { file: here('dist/index.js'), format: 'es' },
      { file: here('dist/index.cjs'), format: 'cjs' },
    ],
    plugins: plugins(() => undefined),
  },
]
