/** What other systems push to the real server: signed, kept, refused, replayed. */
import { createHmac } from 'node:crypto'
import { request } from 'node:http'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { touchline } from '../../test-support/command.js'
import { startServer, until, type TestServer } from '../../test-support/server.js'

const secret = 'whsec_of_a_test'
let server: TestServer
beforeAll(async () => {
  const keys = { STANDARD_SECRET: 'whsec_c2VjcmV0IG9mIGEgdGVzdA==', BAD_SECRET: 'not in base64' }
  server = await startServer({ env: { STRIPE_SECRET: secret, SHOP_SECRET: secret, ...keys } })
})
afterAll(() => server.stop())

async function define(kind: string, id: string, body: object): Promise<void> {
  const answer = await fetch(`${server.url}/v1/definitions/${kind}/${id}`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${server.secretKey}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  expect(answer.status).toBeLessThan(300)
}

async function push(id: string, body: string, headers: Record<string, string> = {}, query = '') {
  const answer = await fetch(`${server.url}/v1/sources/${id}${query}`, { method: 'POST', headers, body })
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
}

const hmac = (text: string) => createHmac('sha256', secret).update(text).digest('hex')
const ofStripe = (body: string, at = Math.floor(Date.now() / 1000)) => ({
  'stripe-signature': `t=${at},v1=${hmac(`${at}.${body}`)}`,
})
const ofShop = (body: string) => ({ 'x-shop-signature': hmac(body) })

const counted = async (table: string, where: string) =>
  Number((await server.sql<{ n: string }>(`SELECT count() AS n FROM ${table} WHERE ${where}`))[0]?.n)

const paid = JSON.stringify({
  id: 'evt_1',
  type: 'invoice.paid',
  created: Math.floor(Date.now() / 1000) - 60,
  data: {
    object: {
      id: 'in_1',
      customer: 'cus_9',
      customer_email: 'pay@push.example',
      amount_paid: 1250,
      currency: 'eur',
    },
  },
})

test('a signed push is durable when it is answered and counts once; a wrong or old one is kept nowhere', async () => {
  await define('sources', 'stripe', { vendor: 'stripe', secret: 'env:STRIPE_SECRET', map: 'stripe-webhook' })
  expect(await push('stripe', paid, ofStripe(`${paid} `))).toMatchObject({
    status: 401,
    body: { code: 'SOURCE_NOT_SIGNED' },
  })
  const old = Math.floor(Date.now() / 1000) - 3_600
  expect(await push('stripe', paid, ofStripe(paid, old))).toMatchObject({ status: 401 })
  expect(await push('stripe', 'not json', {})).toMatchObject({ status: 401 })
  expect(await push('stripe', paid, ofStripe(paid))).toMatchObject({
    status: 200,
    body: { accepted: 1, rejected: 0 },
  })
  expect(await push('stripe', paid, ofStripe(paid))).toMatchObject({ status: 200, body: { accepted: 1 } })
  const body = await until(async () => {
    const answer = await server.get<{ touchpoints?: object[] }>('/v1/users/email:pay@push.example/timeline')
    return answer.body.touchpoints?.length === 1 ? answer.body : undefined
  })
  expect(body.touchpoints).toMatchObject([
    { kind: 'crm', name: 'Invoice Paid', sources: ['stripe'], properties: { value: 12.5, currency: 'EUR' } },
  ])
  expect(await counted('rejected_events', '1')).toBe(0)
  expect(await push('nosuch', paid, ofStripe(paid))).toMatchObject({ status: 404 })
})

test('what is signed and cannot be read is kept with its reason, and replayed once its map is right', async () => {
  const map = (at: string) => ({
    source: 'shop',
    key: '/id',
    rows: [{ as: 'touch', email: '/mail', at, name: { constant: 'Order Placed' } }],
  })
  const source = { vendor: 'generic', secret: 'env:SHOP_SECRET', header: 'X-Shop-Signature' }
  await define('import', 'shop', map('/no/such/place'))
  await define('sources', 'shop', { ...source, map: 'shop' })
  const order = JSON.stringify({ id: 1, mail: 'order@push.example', when: '2026-03-01T10:00:00Z' })
  expect(await push('shop', order, ofShop(order))).toMatchObject({
    status: 200,
    body: { accepted: 0, rejected: 1 },
  })
  expect(await push('shop', 'order=1', ofShop('order=1'))).toMatchObject({
    status: 200,
    body: { rejected: 1 },
  })
  await until(async () => ((await counted('rejected_events', "stage = 'source'")) === 2 ? true : undefined))
  const { body } = await server.get<{ rejected: { code: string; message: string; original: string }[] }>(
    '/v1/rejected',
  )
  expect(body.rejected.map(({ code, message }) => `${code} ${message}`).sort()).toEqual([
    'SOURCE_UNREADABLE shop: has no time',
    expect.stringContaining('SOURCE_UNREADABLE shop: is no JSON') as string,
  ])
  expect(body.rejected.map(({ original }) => (JSON.parse(original) as { body: string }).body).sort()).toEqual(
    [order, 'order=1'].sort(),
  )

  await define('import', 'shop', map('/when'))
  const env = {
    DATA_DIR: server.dataDir,
    PORT: new URL(server.url).port,
    TOUCHLINE_WRITE_KEY: server.writeKey,
    TOUCHLINE_SECRET_KEY: server.secretKey,
  }
  expect(await touchline(['rejected', 'replay'], env)).toContain('1 are events now, 1 are refused again.')
  const timeline = await until(async () => {
    const answer = await server.get<{ touchpoints?: object[] }>('/v1/users/email:order@push.example/timeline')
    return answer.body.touchpoints?.length === 1 ? answer.body : undefined
  })
  expect(timeline.touchpoints).toMatchObject([{ name: 'Order Placed', at: '2026-03-01T10:00:00.000Z' }])
  expect(await counted('rejected_events', "stage = 'source'")).toBe(1)
})

/** Byte for byte as told, in so many pieces. */
function pushRaw(id: string, pieces: readonly Buffer[], headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const sending = request(`${server.url}/v1/sources/${id}`, { method: 'POST', headers })
    sending.on('response', (answer) => {
      answer.resume()
      answer.on('end', () => resolve(answer.statusCode ?? 0))
    })
    sending.on('error', reject)
    for (const piece of pieces) sending.write(piece)
    sending.end()
  })
}

test('however a push is sent, what is signed are its bytes: in pieces, of any type or none; written anew it is another', async () => {
  await define('import', 'forms', {
    source: 'forms',
    key: '/id',
    rows: [{ as: 'touch', email: '/mail', at: '/when', name: '/what' }],
  })
  await define('sources', 'forms', {
    vendor: 'generic',
    secret: 'env:SHOP_SECRET',
    header: 'X-Shop-Signature',
    map: 'forms',
  })
  const bodyOf = (id: number) =>
    JSON.stringify({ id, mail: 'zoë@pieces.example', when: '2026-03-01T10:00:00Z', what: `Formulär ${id}` })
  const types = [
    undefined,
    'application/json',
    'json',
    'text/plain; charset=latin1',
    'application/x-www-form-urlencoded',
  ]
  for (const [id, type] of types.entries()) {
    const bytes = Buffer.from(bodyOf(id))
    // In the middle of a letter.
    const middle = bytes.indexOf('ë') + 1
    const headers = { ...ofShop(bodyOf(id)), ...(type !== undefined && { 'content-type': type }) }
    expect(await pushRaw('forms', [bytes.subarray(0, middle), bytes.subarray(middle)], headers), type).toBe(
      200,
    )
    for (const other of [
      Buffer.from(bodyOf(id), 'latin1'),
      Buffer.from(`${bodyOf(id)} `),
      Buffer.from(bodyOf(id).replace('ë', '\\u00eb')),
    ])
      expect(await pushRaw('forms', [other], headers), type).toBe(401)
  }
  await until(async () =>
    (await counted('events', "origin = 'forms' AND name LIKE 'Formulär%'")) === types.length
      ? true
      : undefined,
  )
  expect(await counted('rejected_events', "original LIKE '%pieces.example%'")).toBe(0)
})

test('Standard Webhooks: replayed it counts once, of another time it is refused, and a secret that is none is said', async () => {
  const map = {
    source: 'std',
    rows: [{ as: 'touch', email: '/mail', at: '/when', name: { constant: 'Sent' } }],
  }
  await define('sources', 'std', { vendor: 'standard', secret: 'env:STANDARD_SECRET', map })
  await define('sources', 'badly', { vendor: 'standard', secret: 'env:BAD_SECRET', map })
  await define('sources', 'rolled', {
    vendor: 'standard',
    secret: 'env:BAD_SECRET',
    secretBefore: 'env:STANDARD_SECRET',
    map,
  })
  const body = JSON.stringify({ mail: 'ann@std.example', when: '2026-03-01T10:00:00Z' })
  const signed = (atMs: number) => ({
    'webhook-id': 'msg_9',
    'webhook-timestamp': String(Math.floor(atMs / 1_000)),
    'webhook-signature': new Webhook('whsec_c2VjcmV0IG9mIGEgdGVzdA==').sign('msg_9', new Date(atMs), body),
  })
  const now = signed(Date.now())
  for (let again = 0; again < 3; again += 1)
    expect(await push('std', body, now)).toMatchObject({ status: 200, body: { accepted: 1 } })
  expect(await push('rolled', body, now)).toMatchObject({ status: 200 })
  expect(await push('std', body, signed(Date.now() - 3_600_000))).toMatchObject({ status: 401 })
  expect(
    await push('std', body, { ...now, 'webhook-timestamp': String(Math.floor(Date.now() / 1_000) - 9) }),
  ).toMatchObject({ status: 401 })
  expect(await push('std', body, { ...now, 'webhook-id': 'msg_8' })).toMatchObject({ status: 401 })
  expect(await push('badly', body, now)).toMatchObject({ status: 500, body: { code: 'CONFIG_INVALID' } })
  await until(async () => ((await counted('events', "origin = 'std'")) >= 1 ? true : undefined))
  const timeline = await until(async () => {
    const answer = await server.get<{ touchpoints?: object[] }>('/v1/users/email:ann@std.example/timeline')
    return answer.body.touchpoints?.length === 1 ? answer.body : undefined
  })
  expect(timeline.touchpoints).toHaveLength(1)
})

test('a source without a secret needs a key in its address; a secret that is not set refuses nothing for good', async () => {
  await define('sources', 'open', { vendor: 'generic', map: 'github-stars' })
  const star = JSON.stringify({
    action: 'created',
    starred_at: '2026-03-02T10:00:00Z',
    repository: { full_name: 'a/b' },
    sender: { login: 'octo' },
  })
  expect(await push('open', star)).toMatchObject({ status: 401, body: { code: 'KEY_MISSING' } })
  expect(await push('open', star, {}, `?writeKey=${server.writeKey}`)).toMatchObject({
    status: 200,
    body: { accepted: 1 },
  })
  await define('sources', 'unset', { vendor: 'github', secret: 'env:NOBODY_SET_IT', map: 'github-stars' })
  expect(await push('unset', star, { 'x-hub-signature-256': 'sha256=00' })).toMatchObject({
    status: 500,
    body: { code: 'CONFIG_INVALID' },
  })
})
