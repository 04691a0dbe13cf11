// Measures the built scripts (gzip -9), writes SIZE.md, and fails above a cap. `npm run size` builds first.
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { rollup } from 'rollup'
import { minified } from '../rollup.config.mjs'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))
// What each build should have, and what it must not exceed.
const caps = JSON.parse(readFileSync(here('../size-caps.json'), 'utf8'))
const gzipped = (text) => gzipSync(text, { level: 9 }).length
const number = (value) => value.toLocaleString('en')

// What the whole SDK is made of, in the order of features.ts, and the file that each stands in.
const features = [
  ['adoptOrphans', './send/adopt.js', 'what closed pages left'],
  ['serverCookie', './features/server-cookie.js', 'a cookie renewed by the server'],
  ['crossDomain', './features/cross-domain.js', 'the anonymous id between linked sites'],
  ['engagement', './features/engagement.js', 'visible time and scroll depth'],
  ['links', './features/links.js', 'outbound links and downloads'],
  ['forms', './forms/forms.js', 'hearing forms, and loading what reads them'],
  ['pageViews', './features/page-views.js', 'page views by themselves'],
  ['refusedKey', './features/refused-key.js', 'a line in the console for a key that is refused'],
]

// Modules that t.core.js has in a plainer form, `x.core.ts`.
const plainer = [
  ['consent.js', 'Global Privacy Control, Do Not Track, bots, consent required, cookieless, prerender'],
  ['sessions.js', 'sessions'],
  ['touches.js', 'first and last touch'],
]

const nameOf = (file) => file.replace(/^(?:.*\/)?(.*)\.js$/, '$1')

async function bundleOf(names, plain) {
  const chosen = features.filter(([name]) => names.includes(name))
  const list = [
    `import { featuresOf } from './features/feature.js'`,
    ...chosen.map(([name, file]) => `import { ${name} } from '${file}'`),
    `export const runFeatures = featuresOf([${chosen.map(([name]) => name)}])`,
  ].join('\n')
  const chosenFeatures = {
    name: 'features',
    load: (path) => (path.endsWith('src/features.ts') ? list : null),
  }
  const variantOf = (file) => (plain !== undefined && file.endsWith(`/${plain}`) ? 'core' : 'page')
  const bundle = await rollup({
    input: here('../src/boot.ts'),
    plugins: [chosenFeatures, ...minified(variantOf)],
    onwarn: () => {},
  })
  const { output } = await bundle.generate({ format: 'iife', strict: false })
  return output[0].code
}

const { status } = spawnSync(process.execPath, [here('build.mjs')], { stdio: 'inherit' })
if (status !== 0) process.exit(status ?? 1)

const builds = Object.entries(caps).map(([name, { target, cap, holds }]) => {
  const code = readFileSync(here(`../dist/${name}.js`))
  return { name, holds, raw: code.length, bytes: gzipped(code), target, cap }
})
const all = features.map(([name]) => name)
const whole = gzipped(await bundleOf(all))
const without = await Promise.all([
  ...features.map(async ([name, , what]) => ({
    name,
    what,
    bytes: whole - gzipped(await bundleOf(all.filter((other) => other !== name))),
  })),
  ...plainer.map(async ([file, what]) => ({
    name: nameOf(file),
    what,
    bytes: whole - gzipped(await bundleOf(all, file)),
  })),
])

const text = `# Size

Written by \`npm run size\`; the check of every commit fails above a cap. Bytes after \`gzip -9\`.

| build | holds | gzip | minified | target | cap |
| --- | --- | --- | --- | --- | --- |
${builds.map((b) => `| \`${b.name}.js\` | ${b.holds} | ${number(b.bytes)} | ${number(b.raw)} | ${number(b.target)} | ${number(b.cap)} |`).join('\n')}

What \`t.js\` would save without one feature (before the search of \`shortest.mjs\`):

| without | which is | bytes |
| --- | --- | --- |
${without.map((f) => `| ${f.name} | ${f.what} | ${number(f.bytes)} |`).join('\n')}
`
writeFileSync(here('../SIZE.md'), text)
console.log(text)

const over = builds.filter(({ bytes, cap }) => bytes > cap)
for (const { name, bytes, cap } of over) console.error(`${name}.js has ${bytes} bytes; its cap is ${cap}.`)
if (over.length > 0) process.exit(1)
