/**
 * Words by language. In the sources both languages stand side by side in `…words.ts`, typed against each other. Built, the
 * module holds the English alone and asks `japaneseOf` for the rest; the same module with `?ja` is the Japanese alone. All
 * of the latter are one chunk (src/i18n/japanese.ts), which nobody fetches who reads English.
 */
import { posix, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Plugin } from 'vite'

const folder = fileURLToPath(new URL('./src/i18n', import.meta.url))

/** As much of a syntax tree as is looked at. */
interface Node {
  type: string
  start: number
  end: number
  name?: string
  callee?: Node
  arguments?: Node[]
  properties?: Node[]
  key?: Node
  value?: Node
  body?: Node[]
  declaration?: Node | null
  declarations?: { init?: Node | null }[]
}

export function wordsByLanguage(): Plugin {
  return {
    name: 'words-by-language',
    apply: 'build',
    transform: {
      filter: { id: /words\.ts(?:\?ja)?$/ },
      handler(code, id) {
        const [file = id, language] = id.split('?')
        const call = callOfDictionary(this.parse(code) as unknown as Node)
        const japanese = call?.arguments?.[0]?.properties?.find(({ key }) => key?.name === 'ja')
        if (call === undefined || japanese?.value === undefined)
          return this.error(`${file}: the words must be one exported dictionary({ en, ja }).`)
        const { value } = japanese
        if (language === 'ja')
          return unmapped(
            code.slice(0, call.start) + code.slice(value.start, value.end) + code.slice(call.end),
          )
        const asked = `get ja() { return japaneseOf(${JSON.stringify(nameOf(file))}) ?? this.en }`
        return unmapped(`import { japaneseOf } from ${JSON.stringify(posix.join(toPosix(folder), 'language.ts'))}
${code.slice(0, japanese.start)}${asked}${code.slice(japanese.end)}`)
      },
    },
  }
}

/** Nobody steps through words: without a map, and without vite's warning that there is none. */
const unmapped = (code: string) => ({ code, map: { mappings: '' as const } })

/** As `import.meta.glob` of src/i18n/japanese.ts calls it. */
const nameOf = (file: string) => toPosix(relative(folder, file))
const toPosix = (path: string) => path.split(sep).join('/')

function callOfDictionary({ body = [] }: Node): Node | undefined {
  return body
    .flatMap(({ declaration }) => declaration?.declarations ?? [])
    .map(({ init }) => init)
    .find((init) => init?.callee?.name === 'dictionary') as Node | undefined
}
