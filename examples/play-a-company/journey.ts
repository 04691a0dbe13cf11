/**
 * What one person does, as the events that SDKs and importers would have sent: a small vocabulary
 * (visit, leave an email, sign up, use the product, meet at a fair) that the company is told in.
 */
import { createHash } from 'node:crypto'
import type { OutgoingEvent } from '@touchline/schemas/build'
import { buildGroup, buildIdentify, buildPage, buildTrack } from '@touchline/schemas/build'

export const site = 'https://www.orbit-metrics.com'
export const dayMs = 86_400_000
export const minuteMs = 60_000

const agents = {
  desktop:
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36',
  mac: 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.3 Safari/605.1.15',
  phone:
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_3 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.3 Mobile/15E148 Safari/604.1',
} as const
export type Device = keyof typeof agents

/** How somebody comes to the site: a landing path with its query, and what the browser says it came from. */
export interface Arrival {
  path: string
  referrer?: string
}

export const arrivals = {
  googleAds: {
    path: '/attribution?utm_source=google&utm_medium=cpc&utm_campaign=attribution-eu&gclid=Cj0KCQjw7demo',
    referrer: 'https://www.google.com/',
  },
  googleSearch: { path: '/blog/what-is-multi-touch-attribution', referrer: 'https://www.google.com/' },
  bing: { path: '/blog/utm-guide', referrer: 'https://www.bing.com/' },
  linkedinAds: {
    path: '/webinar?utm_source=linkedin&utm_medium=paid_social&utm_campaign=webinar-q3&li_fat_id=7f3a9e10-demo',
    referrer: 'https://www.linkedin.com/',
  },
  linkedinPost: { path: '/blog/b2b-journeys', referrer: 'https://www.linkedin.com/' },
  chatgpt: { path: '/compare/attribution-tools?utm_source=chatgpt.com', referrer: 'https://chatgpt.com/' },
  perplexity: { path: '/compare/attribution-tools', referrer: 'https://www.perplexity.ai/' },
  newsletter: { path: '/changelog?utm_source=newsletter&utm_medium=email&utm_campaign=monthly-update' },
  youtube: { path: '/demo', referrer: 'https://www.youtube.com/' },
  partner: { path: '/partners/crm', referrer: 'https://marketplace.crm-partner.io/' },
  direct: { path: '/pricing' },
} as const satisfies Record<string, Arrival>
export const anyArrival: readonly Arrival[] = Object.values(arrivals)

export interface Journey {
  /** Pages read in one session on one device. */
  visit(at: number, from: Arrival, pages?: readonly string[]): Journey
  /** Gives an email in a form. */
  leaveEmail(at: number, email: string, form: string, traits?: Record<string, unknown>): Journey
  /** Becomes a user of the product, in the session of the last visit, and is welcomed. */
  signUp(at: number, userId: string, traits: Record<string, unknown>): Journey
  joinAccount(at: number, account: string, traits: Record<string, unknown>): Journey
  leaveAccount(at: number, account: string): Journey
  act(at: number, event: string, properties?: Record<string, unknown>): Journey
  /** Something that a CRM, a fair list, a mail tool or an ad platform tells about an address. */
  imported(at: number, told: ImportedTouch): Journey
  /** The same person on another device, with another anonymous id. */
  on(device: Device, anonymousId: string): Journey
  readonly events: readonly OutgoingEvent[]
}

export interface ImportedTouch {
  kind: 'offline' | 'email' | 'ad' | 'crm'
  channel: string
  source: string
  event: string
  email: string
  properties?: Record<string, unknown>
}

/** Starts a journey on a device. Nothing here reads a clock: every step says when it happened, in ms since 1970. */
export function journeyOf(anonymousId: string, device: Device = 'desktop'): Journey {
  const events: OutgoingEvent[] = []
  let userId: string | undefined
  /** Session and page of the last visit: what the person does next happens there. */
  let lastPage: Record<string, unknown> = {}
  const onDevice = (anonymous: string, current: Device): Journey => {
    const common = (at: number, extra: Record<string, unknown> = {}, library = 'touchline-browser') => ({
      messageId: messageIdOf(anonymous, at, events.length),
      timestamp: new Date(at).toISOString(),
      anonymousId: anonymous,
      userId,
      context: {
        library: { name: library, version: '0.1.0' },
        userAgent: agents[current],
        locale: 'en-GB',
        ...extra,
      },
    })
    const pageContext = (path: string, referrer: string | undefined, sessionId: string) => ({
      sessionId,
      page: {
        url: `${site}${path}`,
        path: path.split('?')[0],
        title: titleOf(path),
        referrer: referrer ?? '',
      },
    })
    const add = (event: OutgoingEvent): Journey => {
      events.push(event)
      return journey
    }
    const journey: Journey = {
      events,
      visit(at, from, pages = []) {
        const sessionId = `s-${anonymous}-${Math.floor(at / minuteMs)}`
        for (const [index, path] of [from.path, ...pages].entries()) {
          const seenAt = at + index * 2 * minuteMs
          const referrer = index === 0 ? from.referrer : `${site}${from.path}`
          lastPage = pageContext(path, referrer, sessionId)
          add(buildPage(common(seenAt, lastPage), titleOf(path)))
          // As our browser SDK sends it when the page goes.
          const report = {
            visibleSeconds: 20 + ((index * 37 + path.length * 11) % 90),
            scrollPercent: 30 + ((path.length * 7) % 71),
          }
          add(buildTrack(common(seenAt + 110_000, lastPage), 'Page Left', report))
        }
        return journey
      },
      leaveEmail: (at, email, form, traits = {}) => {
        add(buildIdentify(common(at, lastPage), { email, ...traits }))
        return add(buildTrack(common(at + 1000, lastPage), `${form} Submitted`, { form }))
      },
      signUp(at, id, traits) {
        userId = id
        add(buildIdentify(common(at, lastPage), traits))
        add(buildTrack(common(at + 1000, lastPage), 'Signed Up', { plan: 'trial' }))
        const page = { url: `${site}/welcome`, path: '/welcome', title: titleOf('/welcome'), referrer: site }
        lastPage = { ...lastPage, page }
        return add(buildPage(common(at + 2000, lastPage), titleOf('/welcome')))
      },
      joinAccount: (at, account, traits) => add(buildGroup(common(at, lastPage), account, traits)),
      leaveAccount: (at, account) => add(buildGroup(common(at), account, { left: true })),
      act: (at, event, properties = {}) =>
        add(buildTrack(common(at, {}, 'touchline-node'), event, properties)),
      imported: (at, told) => {
        const { messageId, timestamp } = common(at)
        const touchpoint = { kind: told.kind, channel: told.channel, source: told.source }
        const context = {
          library: { name: `import-${told.source}`, version: '1' },
          traits: { email: told.email },
          touchpoint,
        }
        return add(buildTrack({ messageId, timestamp, context }, told.event, told.properties))
      },
      on: (device, id) => onDevice(id, device),
    }
    return journey
  }
  return onDevice(anonymousId, device)
}

/** The same step always has the same id, so playing the company twice shows everything once. */
function messageIdOf(...parts: readonly (string | number)[]): string {
  return `demo-${createHash('sha256').update(parts.join('|')).digest('hex').slice(0, 24)}`
}

function titleOf(path: string): string {
  const words = (path.split('?')[0] ?? '').split('/').filter(Boolean).join(' · ').replaceAll('-', ' ')
  return words === '' ? 'Orbit Metrics' : `${words.charAt(0).toUpperCase()}${words.slice(1)} | Orbit Metrics`
}
