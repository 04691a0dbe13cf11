/// <reference types="vite/types/importMeta.d.ts" />
/** All Japanese words in one chunk, by file as seen from here. */
export const japanese = import.meta.glob('../**/*words.ts', { query: '?ja', import: 'words', eager: true })
