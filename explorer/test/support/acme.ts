/** A company of six, told relative to now: what its last touch was, and that it is silent for 34 days since. */
import { send } from '../../../examples/play-a-company/server-calls.js'
import { until, type TestServer } from '../../../test-support/server.js'

const dayMs = 86_400_000

export const hostile = {
  markup: '<img src=x onerror="window.__attacked=1">',
  bidi: 'Maria\u202Egnp.exe',
  long: `Long ${'x'.repeat(4_000)}`,
  emoji: '👩‍💻🏳️‍🌈 開発',
  script: '"><script>window.__attacked=1</script>',
  address: 'javascript:window.__attacked=1',
}

export const definitions: Record<string, object> = {
  'goals/won': {
    name: 'Deal created',
    subject: 'account',
    when: { touch: { name: 'Deal Created' } },
    value: { property: 'amount' },
    currency: { property: 'currency' },
  },
  'stages/default': {
    name: 'From the first visit to the deal',
    subject: 'account',
    stages: [
      { id: 'discovery', name: 'Discovery', enter: { touch: { kind: 'visit' } }, silentAfter: '14d' },
      { id: 'education', name: 'Education', enter: { touch: { name: 'Whitepaper*' } }, silentAfter: '14d' },
      {
        id: 'conversion',
        name: 'Conversion',
        enter: { touch: { name: 'Demo Requested' } },
        silentAfter: '14d',
      },
    ],
  },
}

interface Who {
  anonymousId?: string
  userId?: string
}

export function acmeEvents(now: number): Record<string, unknown>[] {
  let count = 0
  const at = (daysAgo: number) => new Date(now - daysAgo * dayMs).toISOString()
  const event = (type: string, who: Who, daysAgo: number, rest: Record<string, unknown>) => ({
    type,
    messageId: `acme-${(count += 1)}`,
    timestamp: at(daysAgo),
    ...who,
    ...rest,
  })
  const visit = (who: Who, daysAgo: number, title: string, query = '') =>
    event('page', who, daysAgo, {
      name: title,
      properties: {},
      context: {
        sessionId: `s-${count}`,
        page: {
          url: `https://www.example.com/${encodeURIComponent(title.toLowerCase().slice(0, 40))}${query}`,
          title,
        },
      },
    })
  const act = (
    who: Who,
    daysAgo: number,
    name: string,
    properties: Record<string, unknown> = {},
    context = {},
  ) => event('track', who, daysAgo, { event: name, properties, context })
  const known = (who: Who, daysAgo: number, traits: Record<string, unknown>) =>
    event('identify', who, daysAgo, { traits })
  const joins = (who: Who, daysAgo: number) =>
    event('group', who, daysAgo, { groupId: 'acme', traits: { name: 'Acme', owner: 'Kim Berg' } })
  const ad = '?utm_source=google&utm_medium=cpc&utm_campaign=crm'
  const mail = '?utm_source=newsletter&utm_medium=email'
  const [aiko, ken, maria] = [{ userId: 'u7' }, { userId: 'u9' }, { userId: 'u12' }]
  const outreach = { touchpoint: { kind: 'crm', channel: 'CRM', source: 'crm', direction: 'outbound' } }
  return [
    visit({ anonymousId: '7f3a-device' }, 190, 'Pricing', ad),
    visit({ anonymousId: '7f3a-device' }, 176, 'Security of our data', ad),
    known({ ...maria, anonymousId: '7f3a-device' }, 150, {
      name: 'Maria Silva',
      email: 'maria@acme.example',
      title: 'Buyer',
      department: 'Procurement',
    }),
    joins(maria, 150),
    visit(aiko, 148, 'Case study', mail),
    known(aiko, 148, {
      name: 'Aiko Tanaka',
      email: 'aiko@acme.example',
      title: 'CTO',
      department: 'Engineering',
    }),
    joins(aiko, 148),
    act(aiko, 146, 'Whitepaper Downloaded', { file: 'soc2.pdf' }),
    visit(ken, 120, 'Docs', '?utm_source=chatgpt.com'),
    known(ken, 120, {
      name: '佐藤 健',
      email: 'sato@acme.example',
      title: 'Engineer',
      department: 'Engineering',
    }),
    joins(ken, 120),
    act(ken, 84, 'SDK Installed'),
    act(aiko, 80, 'Demo Requested'),
    act(maria, 79, 'Call with sales', {}, outreach),
    act(maria, 60, 'Deal Created', { amount: 48_000, currency: 'EUR' }),
    visit(aiko, 34.5, 'Changelog', mail),
    ...hostileEvents(event, joins),
  ]
}

/** People whose every field attacks; they belong to an account of their own. */
function hostileEvents(
  event: (type: string, who: Who, daysAgo: number, rest: Record<string, unknown>) => Record<string, unknown>,
  joins: (who: Who, daysAgo: number) => Record<string, unknown>,
): Record<string, unknown>[] {
  return [hostile.markup, hostile.bidi, hostile.long, hostile.emoji, hostile.script].flatMap(
    (name, index) => {
      const who = { userId: `${index}-${name.slice(0, 40)}` }
      return [
        event('page', who, 20 - index, {
          name: name.slice(0, 200),
          context: {
            page: {
              url: `https://www.example.com/${encodeURIComponent(name.slice(0, 50))}`,
              title: name,
              referrer: hostile.address,
            },
          },
        }),
        event('track', who, 19 - index, {
          event: name.slice(0, 200),
          properties: { note: name, link: hostile.address },
        }),
        event('identify', who, 19 - index, {
          traits: { name, title: name, department: name, homepage: hostile.address },
        }),
        { ...joins(who, 19 - index), groupId: 'hostile', traits: { name: hostile.markup } },
      ]
    },
  )
}

/** Resolves once the account's journey is formed. */
export async function tellAcme(server: TestServer): Promise<void> {
  const to = { url: server.url, secretKey: server.secretKey }
  await send(to, { method: 'POST', path: '/v1/import', body: { batch: acmeEvents(Date.now()) } })
  for (const [id, body] of Object.entries(definitions))
    await send(to, { method: 'PUT', path: `/v1/definitions/${id}`, body })
  await until(
    async () => {
      const { body } = await server.get<{ account?: { touches: number }; stages?: unknown[] }>(
        '/v1/accounts/acme/map',
      )
      return (body.account?.touches ?? 0) >= 14 && (body.stages?.length ?? 0) >= 3 ? true : undefined
    },
    { what: 'the journey of acme', timeoutMs: 120_000, everyMs: 500 },
  )
}
