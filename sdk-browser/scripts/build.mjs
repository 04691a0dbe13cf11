// Types by tsc, code by rollup. The package's types are index.d.ts and api.d.ts, which name nothing outside it.
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('..', import.meta.url))
const bin = (name) => fileURLToPath(new URL(`../../node_modules/${name}`, import.meta.url))

function run(...args) {
  const { status } = spawnSync(process.execPath, args, { cwd: folder, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}

run(bin('typescript/bin/tsc'), '-b', '.')
for (const [name, file] of [
  ['index', 'index'],
  ['api', 'base/api'],
]) {
  const types = readFileSync(`${folder}dist/.types/${file}.d.ts`, 'utf8').replaceAll(
    `'./base/api.js'`,
    `'./api.js'`,
  )
  writeFileSync(`${folder}dist/${name}.d.ts`, types)
  writeFileSync(`${folder}dist/${name}.d.cts`, types.replaceAll(`'./api.js'`, `'./api.cjs'`))
}
run(bin('rollup/dist/bin/rollup'), '-c', 'rollup.config.mjs', '--silent')
