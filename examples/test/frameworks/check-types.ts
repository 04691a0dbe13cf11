/** Types of what docs/frameworks shows; of components their scripts. */
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'
import ts from 'typescript'
import { writeIn, type Section } from './pages.js'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const script = /<script[^>]* lang="ts">\n([^]*?)<\/script>/

/** One line for each mistake: file, line, what is wrong. */
export async function checkTypes(sections: readonly Section[]): Promise<string[]> {
  const names = [fileURLToPath(new URL('./declarations.d.ts', import.meta.url))]
  for (const { folder, files } of sections)
    for (const [path, code] of files) {
      const [, inside] = script.exec(code) ?? []
      const isComponent = /\.(vue|svelte)$/.test(path)
      if (isComponent && inside === undefined) throw new Error(`${path} has no script in TypeScript`)
      names.push(isComponent ? await writeIn(folder, `${path}.ts`, inside ?? '') : join(folder, path))
    }
  const program = ts.createProgram(names, {
    ...{ strict: true, exactOptionalPropertyTypes: true, noEmit: true, skipLibCheck: true },
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    jsx: ts.JsxEmit.ReactJSX,
    lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
    types: ['node', 'vite/client', 'svelte'],
    typeRoots: [join(root, 'node_modules/@types'), join(root, 'node_modules')],
    paths: { '$lib/*': [join(root, '.cache/frameworks/sveltekit/src/lib/*')] },
  })
  return ts.getPreEmitDiagnostics(program).map(({ file, start = 0, messageText }) => {
    const text = ts.flattenDiagnosticMessageText(messageText, ' ')
    if (file === undefined) return text
    const { line } = file.getLineAndCharacterOfPosition(start)
    return `${file.fileName.slice(root.length)}:${line + 1}: ${text}`
  })
}
