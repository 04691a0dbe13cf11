import pino from 'pino'
import { expect, test } from 'vitest'
import { createMetrics } from '../../metrics.js'
import { createHttpServer } from '../../http/server.js'
import type { Credential, Project, Projects } from '../../projects/project.js'
import type { PrivacyRules } from '../../projects/projects-file.js'
import type { EventLog, LogRecord } from '../../log/log.js'
import { hashIdentifier, judgeBy, type Judge } from '../../log/tombstones.js'
import { collectRoutes } from '../request/routes.js'
import type { EventRow, RejectedRow } from '../../log/event-row.js'

const now = Date.parse('2026-03-01T12:00:00.000Z')
const day = 86_400_000

/** The collecting routes with a log that keeps what it is given. */
async function collecting(
  project: Project,
  { judge, kind = 'write' }: { judge?: Judge; kind?: Credential['kind'] } = {},
) {
  const records: LogRecord[] = []
  const log = {
    append: async (added: readonly LogRecord[]) =>
      void records.push(...added.map((one) => ({ ...one, lines: Buffer.from(one.lines) }))),
  } as unknown as EventLog
  const projects: Projects = { credentialOf: () => ({ project, kind }), all: () => [project] }
  const metrics = createMetrics()
  const app = createHttpServer({ logger: pino({ level: 'silent' }) })
  await app.register(collectRoutes({ projects, log, metrics, clock: () => now, judgeOf: () => judge }))
  const rowsOf = <Row>(table: string) =>
    records
      .filter((record) => record.table === table)
      .flatMap(({ lines }) => lines.toString('utf8').split('\n').filter(Boolean))
      .map((line) => JSON.parse(line) as Row)
  return {
    metrics,
    events: () => rowsOf<Partial<EventRow>>('events'),
    refused: () => rowsOf<RejectedRow>('rejected_events'),
    post: async (event: object, headers: Record<string, string> = {}) => {
      const answer = await app.inject({
        method: 'POST',
        url: '/v1/batch',
        headers,
        payload: JSON.stringify({ writeKey: 'wk_any', batch: [event] }),
      })
      return { status: answer.statusCode, body: answer.json<Record<string, unknown>>() }
    },
  }
}

const project: Project = { id: 'shop', identify: 'open' }
const privacy: PrivacyRules = { dropProperties: [], hashProperties: [], gpc: 'anonymous', dnt: 'drop' }
const identify = {
  type: 'identify',
  userId: 'ada',
  anonymousId: 'phone',
  traits: { email: 'ada@example.com' },
  context: { traits: { plan: 'pro' }, page: { title: 'Home' } },
}

test('Sec-GPC keeps the event as an unknown visitor’s, where the project says so', async () => {
  const { events, post } = await collecting({ ...project, privacy })
  await post(identify, { 'sec-gpc': '1' })
  expect(events()).toMatchObject([{ subject: 'anon:phone', context: { page: { title: 'Home' } } }])
  expect(JSON.stringify(events())).not.toMatch(/ada|"plan"/)
})

test('DNT drops, is answered, and is counted apart', async () => {
  const { events, post, metrics } = await collecting({ ...project, privacy })
  expect(await post(identify, { dnt: '1' })).toEqual({
    status: 200,
    body: { success: true, accepted: 0, rejected: [] },
  })
  expect(events()).toEqual([])
  expect((await metrics.unwanted.get()).values).toMatchObject([{ labels: { project: 'shop' }, value: 1 }])
  expect((await metrics.received.get()).values).toEqual([])
})

test('both mean nothing where the project says nothing, and to a server with a secret key', async () => {
  const headers = { 'sec-gpc': '1', dnt: '1' }
  const plain = await collecting(project)
  await plain.post(identify, headers)
  expect(plain.events()).toMatchObject([{ subject: 'user:ada' }])
  const secret = await collecting({ ...project, privacy }, { kind: 'secret' })
  await secret.post(identify, headers)
  expect(secret.events()).toMatchObject([{ subject: 'user:ada' }])
})

test('what a project does not keep is in no line, of refused events neither', async () => {
  const rules: PrivacyRules = {
    ...privacy,
    dropProperties: ['card'],
    hashProperties: ['phone'],
    hashSalt: 'sixteen characters',
  }
  const { events, refused, post } = await collecting({ ...project, privacy: rules })
  const properties = { card: '4111111111111111', phone: '+49 170 1', plan: 'pro' }
  await post({ type: 'track', event: 'Paid', userId: 'ada', properties })
  await post({ type: 'track', userId: 'ada', properties })
  expect(events()).toMatchObject([{ properties: { plan: 'pro' } }])
  expect(refused()).toMatchObject([{ code: 'EVENT_NO_NAME' }])
  expect(JSON.stringify([events(), refused()])).not.toMatch(/4111|\+49 170/)
})

const salt = 'salt'
const erased = judgeBy({
  salt,
  list: ['user:ada', 'email:ada@example.com'].map((identifier) => ({
    hash: hashIdentifier(salt, identifier),
    from: undefined,
    to: now - day,
    isWhole: true,
  })),
}) as Judge
const late = { timestamp: new Date(now - 2 * day).toISOString(), messageId: 'late' }

test('a late copy of what was erased is kept nowhere, and a write key is not told', async () => {
  const byWriteKey = await collecting(project, { judge: erased })
  expect((await byWriteKey.post({ ...identify, ...late })).body).toMatchObject({ accepted: 1, rejected: [] })
  expect(byWriteKey.events()).toEqual([])
  expect(byWriteKey.refused()).toMatchObject([{ code: 'EVENT_ERASED', message_id: '', original: 'null' }])
  const bySecret = await collecting(project, { judge: erased, kind: 'secret' })
  expect((await bySecret.post({ ...identify, ...late })).body).toMatchObject({
    accepted: 0,
    rejected: [{ code: 'EVENT_ERASED' }],
  })
})

test('what happened after the erasure is taken, and somebody else’s late event loses the name', async () => {
  const { events, post } = await collecting(project, { judge: erased })
  await post({ ...identify, messageId: 'new' })
  await post({
    ...identify,
    ...late,
    userId: 'bob',
    context: { page: { url: 'https://a.test/?m=Ada@Example.com' } },
  })
  expect(events()).toMatchObject([{ subject: 'user:ada' }, { subject: 'user:bob' }])
  expect(events()[1]).not.toHaveProperty('email')
  expect(JSON.stringify(events()[1]).toLowerCase()).not.toContain('ada@example')
})
