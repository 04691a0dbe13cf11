/** Words that are fetched: the Japanese ones, which the build takes out of the screens (vite-words.ts). English is always there. */
export type Language = 'en' | 'ja'

let japanese: Readonly<Record<string, unknown>> = {}

/** Resolves once everything can be said in that language; rejects where its words cannot be had. */
export async function loadLanguage(language: Language): Promise<void> {
  if (language === 'ja') ({ japanese } = await import('./japanese.js'))
}

/** Words of one file; undefined until they were loaded. */
export const japaneseOf = (file: string): unknown => japanese[file]
