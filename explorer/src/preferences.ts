/** What belongs to the reader and not to the view, so that it is kept here and not in the address. */
import { loadLanguage, type Language } from './i18n/language.js'
import { createStore, useStore } from './store.js'

export type Theme = 'system' | 'light' | 'dark'
export interface Preferences {
  language: Language
  theme: Theme
  /** Single letters as keys; some people's speech input or tremor presses them by mistake (WCAG 2.1.4). */
  letterKeys: boolean
}

const storageKey = 'touchline.explorer'
const dark = matchMedia('(prefers-color-scheme: dark)')

const store = createStore(stored())

export const usePreferences = () => useStore(store)
export const preferences = store.get

/** A language is switched to once its words are there; where they cannot be had everything stays as it is. */
export function setPreferences(change: Partial<Preferences>): void {
  if (change.language === undefined || change.language === store.get().language) keep(change)
  else
    loadLanguage(change.language).then(
      () => keep(change),
      () => setForPage({}),
    )
}

function keep(change: Partial<Preferences>): void {
  setForPage(change)
  try {
    localStorage.setItem(storageKey, JSON.stringify(store.get()))
  } catch {
    // Storage that is full or forbidden: it holds for this page.
  }
}

export function setForPage(change: Partial<Preferences>): void {
  store.set({ ...store.get(), ...change })
  showPreferences()
}

export const isDark = (): boolean =>
  store.get().theme === 'system' ? dark.matches : store.get().theme === 'dark'

/** On the root element, where styles read them. */
export function showPreferences(): void {
  document.documentElement.lang = store.get().language
  document.documentElement.dataset.theme = isDark() ? 'dark' : 'light'
}
dark.addEventListener('change', () => {
  showPreferences()
  store.set({ ...store.get() })
})

function stored(): Preferences {
  const usual: Preferences = {
    language: navigator.language.startsWith('ja') ? 'ja' : 'en',
    theme: 'system',
    letterKeys: true,
  }
  try {
    const kept = JSON.parse(localStorage.getItem(storageKey) ?? '{}') as Partial<Preferences>
    return {
      language: kept.language === 'ja' || kept.language === 'en' ? kept.language : usual.language,
      theme: kept.theme === 'light' || kept.theme === 'dark' ? kept.theme : 'system',
      letterKeys: kept.letterKeys ?? true,
    }
  } catch {
    return usual
  }
}
