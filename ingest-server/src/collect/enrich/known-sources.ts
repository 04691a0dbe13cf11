/** Looks hosts, Android packages and utm_source words up in the lists of known sources. */
import { longestHost } from '@touchline/schemas'
import { androidApps } from './android-apps.js'
import { isServiceHost } from './service-hosts.js'
import { sourceLists, type SourceCategory } from './source-lists.js'

export type { SourceCategory }

export interface KnownSource {
  category: SourceCategory
  name: string
}

interface Entry {
  source: KnownSource
  /** Its sub-domains are something else. */
  alone: boolean
}

const exact = new Map<string, Entry>()
/** `google` of `google.*`, `images.google` of `images.google.*`. */
const brands = new Map<string, Entry>()
for (const lists of [sourceLists, androidApps]) {
  for (const [category, lines] of Object.entries(lists) as [SourceCategory, readonly string[]][]) {
    for (const line of lines) {
      const [name = '', entries = ''] = line.split(': ')
      const source: KnownSource = { category, name }
      // `product hunt` is written `producthunt` as well.
      for (const word of [name, name.replaceAll(' ', '')])
        if (!exact.has(word)) exact.set(word, { source, alone: true })
      for (const written of entries.split(' ')) addEntry(written, source)
    }
  }
}
for (const [brand, { source }] of brands)
  if (!brand.includes('.') && !exact.has(brand)) exact.set(brand, { source, alone: true })

function addEntry(written: string, source: KnownSource): void {
  const alone = written.startsWith('=')
  const host = alone ? written.slice(1) : written
  if (host.endsWith('.*')) brands.set(host.slice(0, -2), { source, alone })
  else exact.set(host, { source, alone })
}

/**
 * What is longer than a host can be names no source, and is not looked into: reading a text of 30,000 characters for the
 * names that may be in it would hold up everybody for seconds.
 */
export const longestName = longestHost

const everywhere = /^(?:www|m)\./
// `google.co.uk`, `amazon.de`: a brand stands before a public suffix of one or two short labels.
const beforeSuffix = /^(.+?)\.(?:[a-z]{2,3}\.)?[a-z]{2,3}$/

/**
 * The known source that a host, a package or a utm_source word is, the most specific entry first:
 * `mail.google.com` is a mail reader, `gemini.google.com` an assistant, `www.google.co.uk` a search engine, and
 * `docs.google.com` nothing of the kind.
 */
export function knownSource(hostOrWord: string): KnownSource | undefined {
  if (hostOrWord.length > longestName) return undefined
  const whole = hostOrWord.toLowerCase()
  const itself = exact.get(whole)
  if (itself) return itself.source
  if (!whole.includes('.')) return undefined
  const bare = whole.replace(everywhere, '')
  const found = nearest(exact, bare) ?? nearestBrand(bare)
  if (found === undefined) return byItsKind(bare)
  return found.at !== bare && isServiceHost(bare) ? undefined : found.entry.source
}

// Programs that anybody runs on a host of their own, which is called after them more often than not.
const fediverse =
  /^(?:mastodon|mstdn|masto|toot|lemmy|misskey|pleroma|pixelfed|friendica|diaspora)\.|\.social$/
const metaSearch = /^(?:searx|searxng|whoogle|4get|librex)\./

// Counts the clicks in a salesperson's mails on numbered domains.
const sidekick = /(?:^|\.)sidekickopen\d*\.com$/

function byItsKind(host: string): KnownSource | undefined {
  if (sidekick.test(host)) return { category: 'email', name: 'hubspot email' }
  if (fediverse.test(host)) return { category: 'social', name: host }
  return metaSearch.test(host) ? { category: 'search', name: host } : undefined
}

interface Found {
  entry: Entry
  /** The name of the entry: the host asked for, or a parent of it. */
  at: string
}

/** The entry of `name` itself or of the nearest of its parents that speaks for its sub-domains. */
function nearest(entries: ReadonlyMap<string, Entry>, name: string): Found | undefined {
  for (let rest = name; ;) {
    const entry = entries.get(rest)
    // A word counts only alone: `blog.x` is not the social network.
    if (entry && (rest === name || (!entry.alone && (entries === brands || rest.includes('.')))))
      return { entry, at: rest }
    const dot = rest.indexOf('.')
    if (dot === -1) return undefined
    rest = rest.slice(dot + 1)
  }
}

function nearestBrand(host: string): Found | undefined {
  const name = beforeSuffix.exec(host)?.[1]
  if (name === undefined) return undefined
  const found = nearest(brands, name)
  return found && { entry: found.entry, at: found.at === name ? host : found.at }
}
