/**
 * Pages that somebody else's host carries: Google's and Bing's copies of AMP pages and Google's translations. They
 * stand in the address and in referrers, and mean the site whose page it is.
 *
 *     www-shop-example.cdn.ampproject.org, www-shop-example.translate.goog   www.shop.example
 *     my--shop-example.translate.goog                                        my-shop.example
 *     cdn.ampproject.org/c/s/www.shop.example/page                           www.shop.example
 */
const carriers = /^([a-z\d-]+)\.(?:cdn\.ampproject\.org|bing-amp\.com|translate\.goog)$/
const pathCarriers = /^(?:cdn\.ampproject\.org|amp\.cloudflare\.com|google\.[a-z.]{2,6})$/
const carriedPath = /^\/(?:amp|[acvi]|ii)\/(?:s\/)?([a-z\d-]+(?:\.[a-z\d-]+)+)(?:[/?]|$)/i

/** The host whose page it is; `host` itself where nobody carries it. */
export function ownHost(host: string, path: string): string {
  const label = carriers.exec(host)?.[1]
  const carried = label?.includes('-')
    ? decoded(label)
    : pathCarriers.test(host) && carriedPath.exec(path)?.[1]
  const own = carried ? carried.toLowerCase() : host
  return own.startsWith('www.') ? own.slice(4) : own
}

/** A dot is written as a dash, a dash as two; names of other scripts have "0-" before and "-0" after. */
const decoded = (label: string) =>
  label
    .replace(/^0-(.*)-0$/, '$1')
    .split('--')
    .map((part) => part.replaceAll('-', '.'))
    .join('-')
