import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import { defineConfig, type Plugin } from 'vite'
import { wordsByLanguage } from './vite-words.js'

const worthPacking = /\.(js|css|html|svg)$/

/** Beside each text file the same packed as hard as can be, so that the server only hands bytes out. */
function packed(): Plugin {
  return {
    name: 'packed',
    apply: 'build',
    async writeBundle({ dir = 'dist' }, bundle) {
      const files = Object.keys(bundle).filter((name) => worthPacking.test(name))
      await Promise.all(files.map((name) => pack(join(dir, name))))
    },
  }
}

async function pack(path: string): Promise<void> {
  const text = await readFile(path)
  const [br, gz] = await Promise.all([
    promisify(brotliCompress)(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }),
    promisify(gzip)(text, { level: 9 }),
  ])
  await Promise.all([writeFile(`${path}.br`, br), writeFile(`${path}.gz`, gz)])
}

export default defineConfig(({ mode }) => ({
  plugins: [wordsByLanguage(), packed()],
  resolve: { conditions: ['source', 'module', 'browser', 'production'] },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    target: 'es2022',
    outDir: 'dist',
    assetsDir: 'assets',
    // The policy allows images from here and data:, but what is inlined is fetched with the first script by everybody.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: mode === 'development',
    reportCompressedSize: false,
    manifest: true,
    rolldownOptions: {
      // Most of the time goes into packing (above), which is meant.
      checks: { bundlerTimings: false },
      output: {
        entryFileNames: 'assets/[name].[hash].js',
        chunkFileNames: 'assets/[name].[hash].js',
        assetFileNames: 'assets/[name].[hash][extname]',
        // What most screens share is one file instead of some fifteen: it packs better, and is one request. Styles stay where
        // they are imported, for their order counts.
        codeSplitting: { groups: [{ name: 'shared', test: /\.(?:tsx?|mjs|js)$/, minShareCount: 6 }] },
      },
    },
  },
}))
