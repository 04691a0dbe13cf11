/** What is sent, and how it is put on a server. */
import autocannon from 'autocannon'

export const writeKey = 'wk_bench_0123456789'
export const connections = 64

export interface Shape {
  name: string
  eventsPerRequest: number
  requests: readonly { path: string; body: string }[]
}

export interface Load {
  perSecond: number
  p99Ms: number
  events: number
}

const agent =
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36'
const names = ['Pricing Viewed', 'Demo Requested', 'Button Clicked', 'Trial Started', 'Invoice Paid']

/** What a browser SDK sends: a page's address and title, the agent, a handful of properties; 800 bytes. */
const eventOf = (index: number) => ({
  type: index % 3 === 0 ? 'page' : 'track',
  ...(index % 3 === 0 ? { name: 'Pricing' } : { event: names[index % names.length] }),
  messageId: `ajs-next-${1_772_366_398_000 + index}-6f0b1c1e-4f0c-4e8e`,
  anonymousId: `6f0b1c1e-4f0c-4e8e-9d57-6b1b8f${100_000 + (index % 5_000)}`,
  ...(index % 4 === 0 ? { userId: `user-${index % 2_000}` } : {}),
  timestamp: new Date().toISOString(),
  properties: { plan: 'pro', seats: index % 50, button: 'Start trial', section: 'hero', price: 49.5 },
  context: {
    page: {
      path: `/pricing/${index % 100}`,
      referrer: 'https://www.google.com/',
      search: '?utm_source=google&utm_medium=cpc&utm_campaign=brand',
      title: 'Pricing - Acme',
      url: `https://www.acme.com/pricing/${index % 100}?utm_source=google&utm_medium=cpc&utm_campaign=brand`,
    },
    userAgent: agent,
    locale: 'en-US',
    library: { name: 'analytics.js', version: 'npm:next-1.76.0' },
    timezone: 'Europe/Berlin',
    screen: { width: 1920, height: 1080, density: 2 },
  },
})

export const shapes: readonly Shape[] = [
  {
    name: '1 event a request',
    eventsPerRequest: 1,
    requests: Array.from({ length: 500 }, (_, at) => {
      const event = eventOf(at)
      return { path: `/v1/${event.type}`, body: JSON.stringify(event) }
    }),
  },
  {
    name: '100 events a batch',
    eventsPerRequest: 100,
    requests: Array.from({ length: 20 }, (_, at) => {
      const batch = Array.from({ length: 100 }, (_, within) => eventOf(at * 100 + within))
      return { path: '/v1/batch', body: JSON.stringify({ batch, sentAt: new Date().toISOString() }) }
    }),
  },
]

/** Puts load on an address, as a page of `origin` where given, and says what came through; only 200 is no failure. */
export async function load(url: string, shape: Shape, seconds: number, origin?: string): Promise<Load> {
  const authorization = `Basic ${Buffer.from(`${writeKey}:`).toString('base64')}`
  const result = await autocannon({
    url,
    connections,
    duration: seconds,
    requests: shape.requests.map(({ path, body }) => ({
      method: 'POST' as const,
      path,
      headers: {
        'content-type': 'application/json',
        authorization,
        'user-agent': agent,
        ...(origin && { origin }),
      },
      body,
    })),
  })
  if (result.non2xx > 0 || result.errors > 0) {
    throw new Error(`${url}: ${result.non2xx} answers were not 2xx, ${result.errors} failed.`)
  }
  return {
    perSecond: (result['2xx'] * shape.eventsPerRequest) / result.duration,
    p99Ms: result.latency.p99,
    events: result['2xx'] * shape.eventsPerRequest,
  }
}
