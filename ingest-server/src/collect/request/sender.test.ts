/** What a request says about whoever sent it, and what its sender is told about events that are not shown or were read otherwise. */
import { fixtureWriteKey } from '@touchline/schemas/fixtures'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { rowsOf, startCollect } from '../../../../test-support/collect.js'

let collect: Awaited<ReturnType<typeof startCollect>>
beforeEach(async () => {
  collect = await startCollect()
})
afterEach(() => collect.app.close())

const authorization = `Basic ${Buffer.from(`${fixtureWriteKey}:`).toString('base64')}`
async function send(event: object, headers: Record<string, string> = {}, type = 'page') {
  const response = await collect.app.inject({
    method: 'POST',
    url: `/v1/${type}`,
    headers: { authorization, ...headers },
    payload: JSON.stringify(event),
  })
  const answer = response.json<{ accepted: number; warnings?: { messageId: string; message: string }[] }>()
  const [row = {}] = rowsOf(collect.log.records, 'events').rows
  return { answer, row, warnings: answer.warnings ?? [] }
}

const page = {
  messageId: 'm-1',
  userId: 'u-1',
  name: 'Pricing',
  context: { page: { url: 'https://shop.example/' } },
}
const chrome =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36'
const headless = chrome.replace('Chrome/', 'HeadlessChrome/')
const googlebot =
  'Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; Googlebot/2.1; +http://www.google.com/bot.html) Chrome/131.0.0.0 Safari/537.36'

describe('the agent of an HTTP library is nobody’s browser and nobody’s robot', () => {
  test.each([
    'curl/8.5.0',
    'python-requests/2.32.3',
    'okhttp/4.12.0',
    'Go-http-client/2.0',
    'GuzzleHttp/7',
    'Ruby',
    'axios/1.7.2',
    'Apache-HttpClient/4.5.14 (Java/17.0.2)',
    'Dalvik/2.1.0 (Linux; U; Android 14; Pixel 8)',
    'MyApp/1 CFNetwork/1410.0.3 Darwin/22.6.0',
    'Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) WindowsPowerShell/5.1.19041.1',
    googlebot,
  ])('%s sends a page: it is shown, and neither device nor address is the visitor’s', async (userAgent) => {
    const { row, warnings } = await send(page, { 'user-agent': userAgent, 'accept-language': 'fr' })
    expect(warnings).toEqual([])
    for (const column of ['is_bot', 'device', 'browser', 'os', 'ip', 'locale'])
      expect(row[column]).toBeUndefined()
  })

  test('Node’s own fetch names a mode and no site, and is no browser', async () => {
    const { row } = await send(page, {
      'user-agent': 'node',
      'sec-fetch-mode': 'cors',
      'accept-language': '*',
    })
    expect(row.is_bot).toBeUndefined()
  })

  test('whatever library a body names, the agent of a program is not its visitor’s', async () => {
    const context = { ...page.context, library: { name: 'analytics.js', version: '5' } }
    const { row } = await send({ ...page, context }, { 'user-agent': 'python-requests/2.32.3' })
    expect(row.is_bot).toBeUndefined()
  })

  test.each<[string, Record<string, string>]>([
    ['its Origin', { 'user-agent': chrome, origin: 'https://shop.example' }],
    ['its Sec-Fetch-Site', { 'user-agent': chrome, 'sec-fetch-site': 'cross-site' }],
    ['its agent alone', { 'user-agent': chrome }],
  ])('a browser is told by %s', async (_how, headers) => {
    const { row, warnings } = await send(page, headers)
    expect(row).toMatchObject({ browser: 'Chrome', os: 'Windows', device: 'desktop' })
    expect(warnings).toEqual([])
  })
})

describe('what is kept and not shown is named to its sender', () => {
  test.each<[string, object, Record<string, string>]>([
    ['a crawler that runs scripts', page, { 'user-agent': googlebot, origin: 'https://shop.example' }],
    ['a browser that is driven', page, { 'user-agent': headless, 'sec-fetch-site': 'same-origin' }],
    ['a server that says so', { ...page, context: { userAgent: 'curl/8.5.0' } }, { 'user-agent': 'Ruby' }],
  ])('%s', async (_who, event, headers) => {
    const { answer, row, warnings } = await send(event, headers)
    expect(answer.accepted).toBe(1)
    expect(row.is_bot).toBe(true)
    expect(warnings).toEqual([
      { index: 0, messageId: 'm-1', message: expect.stringContaining('bots=true') as string },
    ])
  })

  test('context.userAgent comes before the header', async () => {
    const context = { userAgent: chrome, page: { url: 'https://shop.example/' } }
    const { row, warnings } = await send(
      { ...page, context },
      { 'user-agent': headless, origin: 'https://x.example' },
    )
    expect(row).toMatchObject({ browser: 'Chrome', device: 'desktop' })
    expect(warnings).toEqual([])
  })
})

describe('the address that a server passes on is read however it is written', () => {
  test.each<[unknown, string]>([
    ['203.0.113.9:51034', '203.0.113.0'],
    [['2001:db8:aa::9', '10.0.0.7'], '2001:db8:aa::'],
    [[' 192.0.2.44:80 '], '192.0.2.0'],
    ['[2001:db8:bb:1::2]:443', '2001:db8:bb::'],
  ])('%j', async (ip, stored) => {
    const { row, warnings } = await send({ ...page, context: { ...page.context, ip } })
    expect(row.ip).toBe(stored)
    expect(warnings).toEqual([])
  })
})

describe('a time that cannot be read is named to its sender', () => {
  test.each<[object, string]>([
    [{ timestamp: 'yesterday' }, 'timestamp cannot be read'],
    [{ timestamp: '03/04/2026 11:00' }, 'timestamp cannot be read'],
    [{ originalTimestamp: 'NaN' }, 'timestamp cannot be read'],
    [{ timestamp: 12 }, 'before 1990 or in the future'],
    [{ sentAt: 'now' }, 'sentAt cannot be read'],
  ])('%j', async (times, said) => {
    const { row, warnings } = await send({ ...page, ...times })
    expect(row.occurred_at).toBe(row.received_at)
    expect(warnings).toMatchObject([{ index: 0, messageId: 'm-1' }])
    expect(warnings[0]?.message).toContain(said)
  })
})

describe('a word that is no id is no session', () => {
  test.each<unknown>([
    -1,
    0,
    '-1',
    '0',
    '00000000-0000-0000-0000-000000000000',
    'undefined',
    'NULL',
    ' NaN ',
    '[object Object]',
    '',
    'false',
    'anonymous',
    '"none"',
    2 ** 53,
    true,
    {},
    [],
  ])('%j', async (sessionId) => {
    const { row } = await send({ ...page, context: { sessionId, session: { id: sessionId } } })
    expect(row.session_id).toBeUndefined()
  })

  test.each<[unknown, string]>([
    [1772362800123, '1772362800123'],
    [' s-1 ', 's-1'],
    [1, '1'],
  ])('%j is one', async (sessionId, stored) => {
    const { row } = await send({ ...page, context: { sessionId } })
    expect(row.session_id).toBe(stored)
  })

  test('where the one is none, the other counts', async () => {
    const { row } = await send({ ...page, context: { sessionId: -1, session: { id: 's-2' } } })
    expect(row.session_id).toBe('s-2')
  })
})

describe('an event that is too large only by its addresses', () => {
  const long = `https://shop.example/p?x=${'a'.repeat(12_000)}&utm_source=google&utm_medium=cpc&gclid=G1#${'b'.repeat(500)}`

  test('is kept, with the campaign in them, and says so', async () => {
    const sent = {
      ...page,
      properties: { url: long, search: long.slice(22) },
      context: { page: { url: long, referrer: long } },
    }
    const { answer, row, warnings } = await send(sent)
    expect(answer.accepted).toBe(1)
    expect(row).toMatchObject({
      channel: 'Paid Search',
      click_id: 'G1',
      url: 'https://shop.example/p?utm_source=google&utm_medium=cpc&gclid=G1',
    })
    expect(warnings[0]?.message).toContain('length of its addresses')
  })

  test('that fits its limit is stored to the letter', async () => {
    const { row, warnings } = await send({ ...page, context: { page: { url: long } } })
    expect(row).toMatchObject({ url: long, channel: 'Paid Search' })
    expect(warnings).toEqual([])
  })

  test('what is too large by anything else is refused, as before', async () => {
    const { answer } = await send({ ...page, properties: { url: long, note: 'x'.repeat(40_000) } })
    expect(answer.accepted).toBe(0)
  })
})
