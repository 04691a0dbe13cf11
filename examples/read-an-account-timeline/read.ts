/**
 * Reads an account's timeline over HTTP and prints it as a journey, oldest first:
 *
 *     TOUCHLINE_SECRET_KEY=sk_… npx tsx examples/read-an-account-timeline/read.ts lovelace-works
 */
import { fileURLToPath } from 'node:url'

interface Touchpoint {
  kind: string
  name: string
  at: string
  channel: string
  person: string
}
interface AccountTimeline {
  summary: { touchpoints: number; people: number; days: number; channels: number }
  touchpoints: Touchpoint[]
  nextCursor: string | null
}
interface Server {
  url: string
  secretKey: string
}

/** Every touchpoint of the account, page by page, and the summary that comes with the first page. */
export async function readAccount({ url, secretKey }: Server, account: string) {
  const touchpoints: Touchpoint[] = []
  let summary: AccountTimeline['summary'] | undefined
  let cursor: string | null = ''
  while (cursor !== null) {
    const query: string = new URLSearchParams({
      order: 'asc',
      limit: '100',
      ...(cursor && { cursor }),
    }).toString()
    const answer = await fetch(`${url}/v1/accounts/${encodeURIComponent(account)}/timeline?${query}`, {
      headers: { authorization: `Bearer ${secretKey}` },
    })
    if (!answer.ok) throw new Error(`${account}: the server answered ${answer.status} ${await answer.text()}`)
    const page = (await answer.json()) as AccountTimeline
    summary ??= page.summary
    touchpoints.push(...page.touchpoints)
    cursor = page.nextCursor
  }
  return { summary, touchpoints }
}

/** One line a touchpoint: `2026-05-08  Paid Search     user:u-ada  visit: Attribution`. */
export const journeyLine = ({ at, channel, person, kind, name }: Touchpoint) =>
  `${at.slice(0, 10)}  ${channel.padEnd(16)}  ${person}  ${kind}: ${name}`

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [account = 'lovelace-works'] = process.argv.slice(2)
  const url = process.env.TOUCHLINE_URL ?? 'http://127.0.0.1:8484'
  const { summary, touchpoints } = await readAccount(
    { url, secretKey: process.env.TOUCHLINE_SECRET_KEY ?? '' },
    account,
  )
  for (const touchpoint of touchpoints) console.log(journeyLine(touchpoint))
  console.log(`\n${summary?.touchpoints} touches by ${summary?.people} people over ${summary?.days} days`)
}
