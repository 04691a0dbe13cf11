/**
 * Safari ends cookies that scripts write after seven days. Where the server stands under the site's own domain, it
 * hands the same text back as a cookie of its own, `touchline_server`: when the page comes, and when it goes, for the
 * ids may have changed. It is read where ours is gone.
 */
import { chosen } from '../options/chosen.js'
import { guard, listen } from '../base/guard.js'
import { hasIds } from '../visitor/consent.js'
import { options } from '../options/options.js'
import type { Feature } from './feature.js'
import {
  cookieDomain,
  cookieName,
  isRemembered,
  keptAs,
  readVisitor,
  writeVisitor,
} from '../visitor/visitor.js'

export const serverCookie: Feature = () => {
  if (chosen('cookie', 'server', 'off') !== 'server') return
  // Not before consent: there is nothing yet that could be kept.
  const renew = (): void => {
    if (isRemembered(readVisitor()))
      fetch(`${options.host}/v1/c?domain=${cookieDomain()}&name=${cookieName()}`, {
        credentials: 'include',
        keepalive: true,
      }).catch(() => {})
  }
  setTimeout(guard(renew))
  listen('pagehide', renew)
  // Until version 0.1 it was `tl_server`.
  const kept = keptAs(`${cookieName()}_server`) || keptAs('tl_server')
  if (kept && hasIds(readVisitor()) && !readVisitor().anonymousId) writeVisitor(kept)
}
