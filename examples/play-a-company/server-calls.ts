/** The two calls that the demo makes of a server: import events, and ask for a timeline's summary. */
import type { OutgoingEvent } from '@touchline/schemas/build'

export interface Server {
  url: string
  secretKey: string
}

// Half of what one request may hold: small enough to see progress, large enough to be quick.
const eventsPerRequest = 500

/** Imports all events; throws with the server's own words when one is refused. Resolves once all are durable. */
export async function importEvents(
  options: Server & { events: readonly OutgoingEvent[]; report?: (sent: number) => void },
): Promise<void> {
  const { url, secretKey, events, report } = options
  for (let from = 0; from < events.length; from += eventsPerRequest) {
    const batch = events.slice(from, from + eventsPerRequest)
    const answer = await fetch(`${url}/v1/import`, {
      method: 'POST',
      headers: { authorization: basic(secretKey), 'content-type': 'application/json' },
      body: JSON.stringify({ batch }),
    })
    const body = (await answer.json()) as { rejected?: unknown[]; message?: string }
    if (!answer.ok) throw new Error(`the server answered ${answer.status}: ${body.message}`)
    if (body.rejected && body.rejected.length > 0)
      throw new Error(`refused: ${JSON.stringify(body.rejected[0])}`)
    report?.(from + batch.length)
  }
}

interface Summary {
  touchpoints: number
  days: number
  channels: number
  sessions: number
  people: number
}

/** "31 touches, 192 days, …" of a timeline, once it no longer grows. */
export async function summaryOf({ url, secretKey, path }: Server & { path: string }): Promise<string> {
  let before = ''
  for (let tries = 0; tries < 100; tries += 1) {
    const answer = await fetch(`${url}${path}`, { headers: { authorization: basic(secretKey) } })
    const { summary } = (await answer.json()) as { summary?: Summary }
    const text = summary
      ? `${summary.touchpoints} touches, ${summary.days} days, ${summary.channels} channels, ${summary.sessions} sessions, people: ${summary.people}`
      : 'not there yet'
    if (summary && text === before) return text
    before = text
    // The second look is a second later: events are visible within one.
    await new Promise((resolve) => setTimeout(resolve, 1000))
  }
  return before
}

const basic = (key: string) => `Basic ${Buffer.from(`${key}:`).toString('base64')}`
