/** Whether somebody said that they want to hear no more. Pure. */

/** Names of traits whose `true` refuses. */
const refusing = new Set([
  'unsubscribed',
  'optedout',
  'emailoptout',
  'donotcontact',
  'donotemail',
  'marketingoptout',
])
/** Names of traits whose `false` refuses. */
const agreeing = new Set([
  'subscribed',
  'consent',
  'emailconsent',
  'marketingconsent',
  'emailoptin',
  'marketingoptin',
  'acceptsmarketing',
])
/** Members of a consent object that are about being written to. */
const aboutMarketing = new Set(['marketing', 'email', 'advertising', 'consent', 'status', 'granted'])

const no = new Set([
  'denied',
  'deny',
  'refused',
  'rejected',
  'withdrawn',
  'revoked',
  'unsubscribed',
  'optout',
  'optedout',
  'none',
  'false',
  'no',
  '0',
  'off',
])
const yes = new Set(['true', 'yes', '1', 'on', 'granted', 'unsubscribed', 'optout', 'optedout'])

const plain = (text: string) => text.toLowerCase().replace(/[^a-z0-9]/g, '')
const isNo = (value: unknown) =>
  value === false || value === 0 || (typeof value === 'string' && no.has(plain(value)))
const isYes = (value: unknown) =>
  value === true || value === 1 || (typeof value === 'string' && yes.has(plain(value)))

/** A consent as a trait or as an SDK sends it (context.consent): a word, or an object of them. */
export function isRefused(consent: unknown): boolean {
  if (typeof consent === 'string' && /^\s*[{[]/.test(consent)) {
    try {
      return isRefused(JSON.parse(consent))
    } catch {
      return false
    }
  }
  if (typeof consent !== 'object' || consent === null) return isNo(consent)
  return Object.entries(consent).some(([name, value]) => {
    if (name === 'categoryPreferences' || name === 'categories') return isRefused(value)
    return refusing.has(plain(name)) ? isYes(value) : aboutMarketing.has(plain(name)) && isRefused(value)
  })
}

/** The name of the trait that refuses; undefined where none does. */
export function refusingTrait(traits: ReadonlyMap<string, unknown>): string | undefined {
  for (const [name, value] of traits) {
    const word = plain(name)
    if (refusing.has(word) ? isYes(value) : agreeing.has(word) && isRefused(value)) return name
  }
  return undefined
}

/** Names of events, as the email specification of Segment has them and as people write them. */
export const unsubscribing = ['Unsubscribed', 'Email Unsubscribed', 'Unsubscribe', 'Email Marked as Spam']
export const subscribing = ['Subscribed', 'Email Subscribed', 'Resubscribed']
