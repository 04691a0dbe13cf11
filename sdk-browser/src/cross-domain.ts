/**
 * Hands the anonymous id to another site of the same owner, and takes it from there. Only between sites that name
 * each other in `linkDomains`, only the anonymous id, and only fresh from a click there: a copied address joins nobody.
 *
 *     https://other.example/page?tl_id=<anonymousId>.<milliseconds, base 36>
 */
import { hasIds } from './consent.js'
import { isLinkedHost } from './hosts.js'
import { listenToLinks } from './links.js'
import { options } from './options.js'
import type { Feature } from './feature.js'
import { verbs } from './verbs.js'
import { readVisitor, writeVisitor } from './visitor.js'

const parameter = 'tl_id'
const freshMs = 120_000

export const crossDomain: Feature = () => {
  if (!options.linkDomains) return
  const here = new URL(location.href)
  const handed = here.searchParams.get(parameter)
  if (handed) {
    const [anonymousId, time] = handed.split('.') as [string, string?]
    const ageMs = Math.abs(Date.now() - parseInt(time || '', 36))
    const isFromLinked = document.referrer && isLinkedHost(new URL(document.referrer).hostname)
    if (
      ageMs < freshMs &&
      isFromLinked &&
      /^[\w-]{16,36}$/.test(anonymousId) &&
      !readVisitor().userId &&
      hasIds(readVisitor())
    )
      writeVisitor({ ...readVisitor(), anonymousId })
    here.searchParams.delete(parameter)
    history.replaceState(history.state, '', here.href)
  }

  listenToLinks((link) => {
    const anonymousId = isLinkedHost(link.hostname) && verbs.anonymousId()
    if (!anonymousId) return
    const there = new URL(link.href)
    there.searchParams.set(parameter, `${anonymousId}.${Date.now().toString(36)}`)
    link.href = there.href
  })
}
