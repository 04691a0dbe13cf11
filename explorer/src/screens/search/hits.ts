/** What a search leads to. Pure. */
import type { SearchRow } from '@touchline/schemas/api'

export interface Hit {
  type: SearchRow['type'] | 'screen'
  name: string
  detail: string
  path: string
  query: Record<string, string>
}

export function hitOf({ type, id, name, detail }: SearchRow): Hit {
  const about = { type, name: name || id, detail }
  switch (type) {
    case 'person':
      return { ...about, path: `/people/${encodeURIComponent(id)}`, query: {} }
    case 'account':
      return { ...about, path: `/accounts/${encodeURIComponent(id)}`, query: {} }
    case 'event':
      return { ...about, path: '/live', query: { event: id } }
    case 'eventName':
      return { ...about, path: '/live', query: { id } }
  }
}

/** Screens whose name has a word that begins so; without words all of them. */
export function screensFor(q: string, all: readonly { title: string; path: string }[]): Hit[] {
  const wanted = q.trim().toLowerCase()
  return all
    .filter(({ title }) => {
      const name = title.toLowerCase()
      return (
        wanted === '' ||
        name.split(/[\s/]+/).some((word) => word.startsWith(wanted)) ||
        (wanted.length > 1 && name.includes(wanted))
      )
    })
    .map(({ title, path }) => ({ type: 'screen', name: title, detail: '', path, query: {} }))
}
