/** What a screen is, for the registry and for the screens themselves. */
import type { ComponentType } from 'preact'
import type { words } from '../frame/words.js'
import type { RangeName } from '../url/days.js'

export interface ScreenProps {
  /** The variable parts of the path, decoded: `{ id: 'acme' }`. */
  params: Record<string, string>
}
export interface ScreenModule {
  default: ComponentType<ScreenProps>
}
type NameOfScreen = Extract<keyof (typeof words)['en'], `screen.${string}`>

export interface Screen {
  name: string
  /** `/accounts/:id`; the first that matches wins. */
  path: string
  title: NameOfScreen
  load: () => Promise<ScreenModule>
  /** Stands in the top row, in this order; `g` and this letter open it. */
  key?: string
  /** Which range it shows where the address names none; absent: it has no range. */
  range?: RangeName
}

/** Of the search, which leads to screens too, by their names in the reader's language. */
export interface SearchProps {
  screens: readonly { title: string; path: string }[]
  close: () => void
}

/** Names of the screens that there are: one screen may lead to another only where that one is built. */
export const knownScreens = new Set<string>()
