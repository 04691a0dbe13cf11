/**
 * What somebody with only the write key can make feeds write into a CRM: records of addresses and domains that nobody
 * proved, and never those of a person or an account whose address or domain is verified. SECURITY.md promises it.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { receiverSecret, startReceiver, type Receiver } from '../../test-support/receiver.js'
import { startServer, until, type TestServer } from '../../test-support/server.js'

let server: TestServer
let receiver: Receiver
beforeAll(async () => {
  receiver = await startReceiver()
  server = await startServer({ env: { CRM_SECRET: receiverSecret } })
  await define('endpoints/crm', { url: receiver.url, secret: 'env:CRM_SECRET' })
  for (const [id, changes, format] of [
    ['contacts', ['person'], 'hubspot-contact'],
    ['companies', ['account'], 'hubspot-company'],
    ['leads', ['person'], 'salesforce-lead'],
  ] as const)
    await define(`feeds/${id}`, { changes, endpoint: 'crm', format })
}, 60_000)
afterAll(async () => {
  await server?.stop()
  await receiver?.close()
})

async function define(path: string, body: object) {
  const { status } = await fetch(`${server.url}/v1/definitions/${path}`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${server.secretKey}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  expect(status, path).toBe(201)
}

type Sent = Record<string, unknown>
/** Every record that was sent, of whatever feed. */
const sent = (): Sent[] =>
  receiver.received.flatMap(({ body }) => (body.inputs ?? body.records ?? []) as Sent[])
const untilSent = (text: string) =>
  until(() => (JSON.stringify(sent()).includes(text) ? true : undefined), { what: text, seen: sent })
const keyOf = (record: Sent) => String(record.id ?? record.Email).toLowerCase()

test('nobody with the write key writes over the record of a verified address or domain', async () => {
  const verified = [
    { type: 'identify', userId: 'iris', traits: { email: 'iris@globex.dev', name: 'Iris Real' } },
    { type: 'group', userId: 'iris', groupId: 'globex', traits: { name: 'Globex', domain: 'globex.dev' } },
  ]
  await server.post('/v1/batch', { batch: verified }, server.secretKey)
  await untilSent('"name":"Globex"')
  await untilSent('"LastName":"Real"')

  const hostile = [
    { type: 'identify', userId: 'mal', traits: { email: 'IRIS@Globex.dev', name: 'Mal One' } },
    { type: 'identify', anonymousId: 'mal-dev', traits: { email: ' iris@globex.dev', name: 'Mal Two' } },
    { type: 'identify', userId: 'iris', traits: { email: 'boss@globex.dev', name: 'Mal Three' } },
    { type: 'group', userId: 'mal', groupId: 'mal-inc', traits: { name: 'Mal Inc', domain: 'globex.dev' } },
    {
      type: 'group',
      userId: 'mal',
      groupId: 'mal-web',
      traits: { name: 'Mal Web', website: 'https://www.globex.dev/' },
    },
    { type: 'group', userId: 'mal', groupId: 'domain:globex.dev', traits: { name: 'Mal Named' } },
    { type: 'group', userId: 'mal', groupId: 'mal-mail', traits: { name: 'Mal Mail', domain: 'gmail.com' } },
    // Is told, so that what stands before it was too.
    { type: 'identify', userId: 'own', traits: { email: 'own@nobody-else.dev', name: 'Own Last' } },
    {
      type: 'group',
      userId: 'own',
      groupId: 'own-inc',
      traits: { name: 'Own Inc', domain: 'nobody-else.dev' },
    },
  ]
  for (const event of hostile) await server.post('/v1/batch', { batch: [event] })
  await untilSent('"name":"Own Inc"')
  await untilSent('"LastName":"Last"')

  const taken = sent().filter((record) => /mal/i.test(JSON.stringify(record)))
  expect(taken.map(keyOf).filter((key) => key.endsWith('globex.dev') || key === 'gmail.com')).toEqual([])
  const irises = sent().filter((record) => keyOf(record) === 'iris@globex.dev')
  expect(irises.length).toBeGreaterThan(0)
  for (const record of irises) expect(JSON.stringify(record)).toContain('Real')
}, 120_000)
