/**
 * Every screen: one entry here, one folder `screens/<name>/index.tsx`, one chunk. README.md says how to add one.
 * Words of the navigation: `frame/words.ts`.
 */
import type { ComponentType } from 'preact'
import { knownScreens, type Screen, type SearchProps } from './screen.js'

export const screens: readonly Screen[] = [
  {
    name: 'today',
    path: '/',
    title: 'screen.today',
    key: 't',
    load: () => import('./today/index.js'),
  },
  {
    name: 'accounts',
    path: '/accounts',
    title: 'screen.accounts',
    key: 'a',
    load: () => import('./accounts/index.js'),
  },
  {
    name: 'account',
    path: '/accounts/:id',
    title: 'screen.account',
    range: 'all',
    load: () => import('./account/index.js'),
  },
  {
    name: 'people',
    path: '/people',
    title: 'screen.people',
    key: 'p',
    load: () => import('./people/index.js'),
  },
  {
    name: 'person',
    path: '/people/:id',
    title: 'screen.person',
    range: 'all',
    load: () => import('./person/index.js'),
  },
  {
    name: 'journeys',
    path: '/journeys',
    title: 'screen.journeys',
    key: 'j',
    range: 'all',
    load: () => import('./journeys/index.js'),
  },
  {
    name: 'channels',
    path: '/channels',
    title: 'screen.channels',
    key: 'c',
    range: '365d',
    load: () => import('./channels/index.js'),
  },
  {
    name: 'segments',
    path: '/segments',
    title: 'screen.segments',
    key: 's',
    load: () => import('./segments/index.js'),
  },
  {
    name: 'live',
    path: '/live',
    title: 'screen.live',
    key: 'l',
    load: () => import('./live/index.js'),
  },
  {
    name: 'health',
    path: '/health',
    title: 'screen.health',
    key: 'h',
    load: () => import('./health/index.js'),
  },
  {
    name: 'identities',
    path: '/identities',
    title: 'screen.identities',
    key: 'i',
    load: () => import('./identities/index.js'),
  },
]

for (const { name } of screens) knownScreens.add(name)

/** What opens over any screen on `⌘K` and `/`: `screens/search/index.tsx`. undefined: there is none. */
export const searchOverlay: (() => Promise<{ default: ComponentType<SearchProps> }>) | undefined = () =>
  import('./search/index.js')

/** The start page; without a screen at `/` the first of the navigation stands for it. */
export function screenAt(path: string): { screen: Screen; params: Record<string, string> } | undefined {
  for (const screen of screens) {
    const params = paramsOf(screen.path, path)
    if (params !== undefined) return { screen, params }
  }
  const [first] = screens
  return path === '/' && first !== undefined ? { screen: first, params: {} } : undefined
}

/** The screen whose path has most of its beginning in common with an address that there is not. */
export function nearestScreen(path: string): Screen | undefined {
  const [section = ''] = path.split('/').filter((part) => part !== '')
  const nearness = ({ path: at }: Screen) => common(at.slice(1), section.toLowerCase())
  return screens
    .filter(({ path: at }) => !at.includes(':'))
    .reduce<Screen | undefined>(
      (best, screen) => (best === undefined || nearness(screen) > nearness(best) ? screen : best),
      undefined,
    )
}

export function paramsOf(pattern: string, path: string): Record<string, string> | undefined {
  const [wanted, there] = [pattern.split('/'), trimmed(path).split('/')]
  if (wanted.length !== there.length) return undefined
  const params: Record<string, string> = {}
  for (const [index, part] of wanted.entries()) {
    const given = there[index] ?? ''
    if (!part.startsWith(':')) {
      if (part !== given) return undefined
      continue
    }
    const value = decoded(given)
    if (value === undefined || value === '') return undefined
    params[part.slice(1)] = value
  }
  return params
}

const trimmed = (path: string) => (path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path)

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part)
  } catch {
    return undefined
  }
}

function common(a: string, b: string): number {
  let length = 0
  while (length < a.length && a[length] === b[length]) length += 1
  return length
}
