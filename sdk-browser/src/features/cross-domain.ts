/**
 * Hands the anonymous id to another site of the same owner, and takes it from there. Only between sites that name
 * each other in `linkDomains`, only the anonymous id, and only fresh from a click there: a copied address joins nobody.
 *
 *     https://other.example/page?tl_id=<anonymousId>.<milliseconds, base 36>
 */
import { hasIds } from '../visitor/consent.js'
import { hostOf, isLinkedHost } from '../visitor/hosts.js'
import { listenToLinks } from './links.js'
import { options } from '../options/options.js'
import { ofDocument } from '../base/of-document.js'
import type { Feature } from './feature.js'
import { verbs } from '../record/verbs.js'
import { readVisitor, writeVisitor } from '../visitor/visitor.js'

const freshMs = 120_000
const handed = /([?&])tl_id=([\w-]{16,36})\.(\w+)&?/

export const crossDomain: Feature = () => {
  if (!options.linkDomains) return
  const { href } = location
  const clean = href.replace(handed, (_, before: string, anonymousId: string, time: string) => {
    if (
      Math.abs(Date.now() - parseInt(time, 36)) < freshMs &&
      isLinkedHost(hostOf(ofDocument('referrer'))) &&
      !readVisitor().userId &&
      hasIds(readVisitor())
    )
      writeVisitor({ ...readVisitor(), anonymousId })
    return before
  })
  if (clean !== href) history.replaceState(history.state, '', clean.replace(/[?&]+(?=#|$)/, ''))

  listenToLinks((link) => {
    const anonymousId = isLinkedHost(link.hostname) && verbs.anonymousId()
    if (anonymousId)
      link.search = `${link.search.replace(/&?tl_id=.*/, '')}&tl_id=${anonymousId}.${Date.now().toString(36)}`
  })
}
