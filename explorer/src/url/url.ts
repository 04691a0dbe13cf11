/** The address of the page as a value. A view's whole state stands in it, so that a link is the report. */
import { createStore, useStore } from '../store.js'

export interface Url {
  path: string
  query: URLSearchParams
}
type Query = Record<string, string | null | undefined>

/** What survives moving from one screen to another. */
const carried = ['range', 'zone', 'channel', 'segment'] as const

const read = (): Url => ({ path: location.pathname, query: new URLSearchParams(location.search) })
const store = createStore<Url>(read())
addEventListener('popstate', () => store.set(read()))

export const useUrl = () => useStore(store)
export const currentUrl = store.get

/** `/accounts/acme?range=90d`: a path of the Explorer with what survives, and the query given. */
export function hrefOf(path: string, query: Query = {}): string {
  const kept = new URLSearchParams()
  for (const name of carried) {
    const value = store.get().query.get(name)
    if (value !== null) kept.set(name, value)
  }
  return join(path, changed(kept, query))
}

export function navigate(href: string, { replace = false }: { replace?: boolean } = {}): void {
  if (href === location.pathname + location.search) return
  history[replace ? 'replaceState' : 'pushState'](null, '', href)
  store.set(read())
  if (!replace) scrollTo(0, 0)
}

/**
 * Changes parts of this view's state; null removes one. What moves with the pointer replaces, what a person would
 * want to go back from pushes.
 */
export function setQuery(changes: Query, { push = false }: { push?: boolean } = {}): void {
  const { path, query } = store.get()
  navigate(join(path, changed(query, changes)), { replace: !push })
}

/** This view's address with some of its state changed, for a link. */
export function hrefWith(changes: Query): string {
  const { path, query } = store.get()
  return join(path, changed(query, changes))
}

/** A part of the state in the address: its value, and what sets it (null: back to the usual). */
export function useQuery(name: string): [string | null, (value: string | null) => void] {
  const { query } = useUrl()
  return [query.get(name), (value) => setQuery({ [name]: value })]
}

/** A part of the state that is a list: `channel=Email&channel=Direct`. */
export function setQueryList(name: string, values: readonly string[]): void {
  const { path, query } = store.get()
  const next = new URLSearchParams(query)
  next.delete(name)
  for (const value of values) next.append(name, value)
  navigate(join(path, next), { replace: true })
}

function changed(query: URLSearchParams, changes: Query): URLSearchParams {
  const next = new URLSearchParams(query)
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === undefined) next.delete(name)
    else next.set(name, value)
  }
  return next
}

const join = (path: string, query: URLSearchParams) => (query.size === 0 ? path : `${path}?${query}`)
