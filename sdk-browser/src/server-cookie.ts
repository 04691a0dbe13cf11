/**
 * Safari ends cookies that scripts write after seven days. Where the server stands under the site's own domain, it
 * hands the same text back as a cookie of its own, `tl_server`: at each page, and when one of the ids changes. It is
 * read where ours is gone.
 */
import { listen } from './guard.js'
import { on } from './hooks.js'
import { options } from './options.js'
import type { Feature } from './start.js'
import { cookieDomain, readCookie, readVisitor, writeVisitor } from './visitor.js'

export const serverCookie: Feature = () => {
  if (!options.cookie) return
  const renewed = readCookie('tl_server')
  if (renewed && !readVisitor().anonymousId) writeVisitor(renewed)
  let lastIds: string

  const renew = (): void => {
    const { anonymousId, userId, groupId, choice } = readVisitor()
    const ids = [anonymousId, userId, groupId, choice].join()
    if (ids !== lastIds)
      fetch(`${options.host}/v1/c?domain=${cookieDomain()}`, {
        credentials: 'include',
        keepalive: true,
      }).catch(() => {})
    lastIds = ids
  }
  on('draft', () => void setTimeout(renew))
  listen(window, 'pagehide', renew)
}
