/** The calls that the demo makes of a server: import events, apply definitions, send costs, ask. */
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

/** GETs an answer; throws with the server's own words. */
export async function askFor<Body>({ url, secretKey }: Server, path: string): Promise<Body> {
  const answer = await fetch(`${url}${path}`, { headers: { authorization: basic(secretKey) } })
  const body = (await answer.json()) as Body & { message?: string }
  if (!answer.ok) throw new Error(`${path}: the server answered ${answer.status}: ${body.message}`)
  return body
}

export async function send<Answer = unknown>(
  { url, secretKey }: Server,
  { method, path, body }: { method: 'PUT' | 'POST'; path: string; body: object },
): Promise<Answer> {
  const answer = await fetch(`${url}${path}`, {
    method,
    headers: { authorization: basic(secretKey), 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!answer.ok) throw new Error(`${path}: the server answered ${answer.status}: ${await answer.text()}`)
  return (await answer.json()) as Answer
}

/** A link that opens the Explorer signed in, once; undefined for a server that is older than the Explorer. */
export async function signInLink({ url, secretKey }: Server, to: string): Promise<string | undefined> {
  const answer = await fetch(`${url}/v1/sign-in-links`, {
    method: 'POST',
    headers: { authorization: basic(secretKey), 'content-type': 'application/json' },
    body: JSON.stringify({ to }),
  })
  return answer.ok ? ((await answer.json()) as { url: string }).url : undefined
}

/** Resolves once all won deals are formed: touchpoints follow their events within seconds, later on a busy server. */
export async function untilWon(server: Server, deals: number, everyMs = 1_000): Promise<void> {
  for (let looks = 0; looks < maxLooks; looks += 1) {
    const { n, touches } = await askFor<{ n: number; touches: { mean: number | null } }>(
      server,
      '/v1/journeys/summary?goal=won&outcome=won',
    )
    if (n === deals && touches.mean !== null && touches.mean >= touchesOfWon) return
    await new Promise((resolve) => setTimeout(resolve, everyMs))
  }
}

/** What the won deals of the company have in the mean. */
const touchesOfWon = 31

interface Summary {
  touchpoints: number
  days: number
  channels: number
  sessions: number
  people: number
}

// Events are visible within a second; on a busy server who is who may take longer, and comes in parts.
const looksAlike = 3
const maxLooks = 120

/**
 * "31 touches, 192 days, …" of a timeline, once it has somebody in it and no longer grows. A timeline without people is
 * one whose people are still being joined.
 */
export async function summaryOf(
  { url, secretKey, path }: Server & { path: string },
  everyMs = 1_000,
): Promise<string> {
  let before = ''
  let alike = 0
  for (let looks = 0; looks < maxLooks && alike < looksAlike; looks += 1) {
    if (looks > 0) await new Promise((resolve) => setTimeout(resolve, everyMs))
    const answer = await fetch(`${url}${path}`, { headers: { authorization: basic(secretKey) } })
    const { summary } = (await answer.json()) as { summary?: Summary }
    const isThere = summary !== undefined && summary.touchpoints > 0 && summary.people > 0
    const text = isThere
      ? `${summary.touchpoints} touches, ${summary.days} days, ${summary.channels} channels, ${summary.sessions} sessions, people: ${summary.people}`
      : ''
    alike = text === '' ? 0 : text === before ? alike + 1 : 1
    before = text
  }
  return before === '' ? 'not there yet, the server is busy: ask in a minute' : before
}

/** Resolves once the server takes the key, which it may have been made for a moment ago. */
export async function untilKnown({ url, secretKey }: Server): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    const answer = await fetch(`${url}/v1/accounts?limit=1`, { headers: { authorization: basic(secretKey) } })
    if (answer.status !== 401) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(
    `the server at ${url} does not know the project demo: set DATA_DIR (and PROJECTS_FILE, if it has one) to those of that server, or give a secret key of it by --key`,
  )
}

const basic = (key: string) => `Basic ${Buffer.from(`${key}:`).toString('base64')}`
