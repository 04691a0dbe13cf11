/**
 * Safari ends cookies that scripts write after seven days. Where the server stands under the site's own domain, it
 * hands the same text back as a cookie of its own, `tl_server`: when the page comes, and when it goes, for the
 * ids may have changed. It is read where ours is gone.
 */
import { guard, listen } from './guard.js'
import { hasIds } from './consent.js'
import { options } from './options.js'
import type { Feature } from './feature.js'
import { cookieDomain, readVisitor, writeVisitor } from './visitor.js'
import type { Visitor } from './who.js'

export const serverCookie: Feature = () => {
  if (!options.cookie) return
  const renew = (): void => {
    fetch(`${options.host}/v1/c?domain=${cookieDomain()}`, {
      credentials: 'include',
      keepalive: true,
    }).catch(() => {})
  }
  setTimeout(guard(renew))
  listen('pagehide', renew)
  const [, , kept] = document.cookie.match(/(^| )tl_server=([^;]+)/) || []
  if (kept && hasIds(readVisitor()) && !readVisitor().anonymousId)
    writeVisitor(JSON.parse(decodeURIComponent(kept)) as Visitor)
}
