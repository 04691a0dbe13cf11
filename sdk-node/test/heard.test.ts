/** What is said where nobody listens: on stderr, once a kind, for silence would cost events. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Touchline, TouchlineError, type TouchlineOptions, type Unsent } from '../src/index.js'
import { dist, run } from './support/run.js'
import { startSink, taken, until, type Sink } from './support/sink.js'

let sink: Sink
let dir: string
beforeEach(async () => {
  sink = await startSink()
  dir = mkdtempSync(join(tmpdir(), 'touchline-node-'))
})
afterEach(async () => {
  await sink.stop()
  rmSync(dir, { recursive: true, force: true })
})

const inProcess = (body: string, options: Record<string, unknown> = {}) =>
  run(`import { Touchline } from ${JSON.stringify(join(dist, 'index.js'))}
  const client = new Touchline(${JSON.stringify({ writeKey: 'wk', host: sink.url, ...options })})
  ${body}`)
const linesOf = (output: string) => output.split('\n').filter((line) => line !== '')

function clientWith(options: Partial<TouchlineOptions> = {}) {
  const log: string[] = []
  const keep = (message: string) => void log.push(message)
  const client = new Touchline({
    writeKey: 'wk',
    host: sink.url,
    logger: { debug: keep, warn: keep, error: keep },
    ...options,
  })
  return { client, log }
}

describe('on stderr', () => {
  it.each([
    [401, 'KEY_UNKNOWN'],
    [403, 'ORIGIN_NOT_ALLOWED'],
  ])('a key that is refused with %d %s is said once, at the first refusal', async (status, code) => {
    sink.answerWith(() => ({ status, body: { success: false, code, message: 'not yours', requestId: 'r' } }))
    const { exit, output } = await inProcess(`
      for (let n = 0; n < 3; n += 1) { client.track({ userId: 'u1', event: 'x' }); await client.flush() }
      await client.close()`)
    expect(exit).toBe(0)
    expect(linesOf(output)).toEqual([expect.stringContaining(`1 events rejected: ${code}: `)])
    expect(sink.requests).toHaveLength(3)
  })

  it('a host that is another site is said once, and nothing is lost by it', async () => {
    const page = '<!DOCTYPE html><html><body>Welcome to our shop</body></html>'
    let answers = 0
    sink.answerWith(() => (answers++ < 3 ? { status: 200, body: page } : undefined))
    const { output } = await inProcess(`
      for (let n = 0; n < 5; n += 1) client.track({ userId: 'u1', event: 'x', properties: { n } })
      const report = await client.close({ timeoutMs: 20_000 })
      console.log(JSON.stringify(report))`)
    expect(linesOf(output)).toEqual([
      'touchline: the server answered 200 and a web page. Is host right? Events are kept and tried again.',
      '{"sent":5,"rejected":0,"dropped":0,"pending":0}',
    ])
  })

  it('an option that there is not is named, with the one that is near', async () => {
    const { output } = await inProcess('', {
      flushAt: 20,
      flushIntervall: 5,
      maxQueuedEvent: 9,
      onreject: 1,
      spool: { dir: join(dir, 'spool'), maxByte: 5 },
      colour: 'red',
      unset: undefined,
    })
    expect(linesOf(output)).toEqual([
      'touchline: new Touchline: there is no option flushAt; it is ignored. Did you mean maxBatchEvents?',
      'touchline: new Touchline: there is no option flushIntervall; it is ignored. Did you mean flushAfterMs?',
      'touchline: new Touchline: there is no option maxQueuedEvent; it is ignored. Did you mean maxQueuedEvents?',
      'touchline: new Touchline: there is no option onreject; it is ignored. Did you mean onReject?',
      'touchline: new Touchline: there is no option colour; it is ignored.',
      'touchline: new Touchline: there is no option spool.maxByte; it is ignored. Did you mean spool.maxBytes?',
    ])
  })

  it('events that end without a handler are said once a reason', async () => {
    sink.answerWith(({ body }) => {
      const rejected = body.batch.flatMap(({ userId }, index) =>
        userId === 'null' ? [{ index, code: 'EVENT_NO_ID', message: 'names nobody' }] : [],
      )
      return { status: 200, body: taken(body, rejected) }
    })
    const { output } = await inProcess(
      `for (let n = 0; n < 2; n += 1) {
        client.track({ userId: 'null', event: 'x' })
        client.track({ userId: 'u1', event: 'x', properties: { big: 1n } })
      }
      await client.flush()
      client.track({ userId: 'null', event: 'x' })
      await client.close()
      client.track({ userId: 'u1', event: 'x' })`,
    )
    expect(linesOf(output)).toEqual([
      expect.stringContaining('a call was refused: EVENT_NOT_JSON: '),
      expect.stringContaining('the server rejected'),
      expect.stringContaining('a call was refused: CLOSED: '),
    ])
  })

  it('events that a process leaves unconfirmed are said', async () => {
    await sink.down()
    const { exit, output } = await inProcess(`client.track({ userId: 'u1', event: 'x' })`, {
      flushTimeoutMs: 100,
    })
    expect(exit).toBe(0)
    expect(output).toContain('the process ends with 1 events not confirmed; the server may have them or not')
  })
})

describe('the code of what went wrong', () => {
  it.each([
    [
      'of a request that was refused',
      { status: 401, body: { success: false, code: 'KEY_UNKNOWN', message: 'no', requestId: 'r' } },
      'KEY_UNKNOWN',
    ],
    [
      'of a code that only a later server knows',
      { status: 403, body: { success: false, code: 'PLAN_ENDED', message: 'no', requestId: 'r' } },
      'PLAN_ENDED',
    ],
    [
      'of an event that was rejected',
      {
        status: 200,
        body: { success: true, accepted: 0, rejected: [{ index: 0, code: 'EVENT_TOO_DEEP', message: 'no' }] },
      },
      'EVENT_TOO_DEEP',
    ],
  ])('%s is the same in onReject and in the callback', async (_what, answer, code) => {
    const rejected: Unsent[] = []
    const called: (TouchlineError | undefined)[] = []
    sink.answerWith(() => answer)
    const { client } = clientWith({ onReject: (rejection) => rejected.push(rejection) })
    client.track({ userId: 'u1', event: 'x' }, (error) => called.push(error))
    await client.close()
    expect(rejected.map((one) => one.code)).toEqual([code])
    expect(called.map((error) => error?.code)).toEqual([code])
    expect(called[0]).toBeInstanceOf(TouchlineError)
    expect(called[0]?.message).toBe(rejected[0]?.message)
  })

  it('comes with the messageId also where the event could not be written', async () => {
    const rejected: Unsent[] = []
    const called: string[] = []
    const { client } = clientWith({ onReject: (rejection) => rejected.push(rejection) })
    client.track({ userId: 'u1', event: 'x', properties: { big: 1n } }, (_error, { messageId }) =>
      called.push(messageId),
    )
    await client.close()
    expect(called).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/)])
    expect(rejected).toEqual([
      {
        code: 'EVENT_NOT_JSON',
        message: expect.any(String) as string,
        messageId: called[0],
        event: undefined,
      },
    ])
  })
})

describe('an id that is a number beyond 2^53', () => {
  const rounded = Number('12345678901234567')
  it('is refused where the call has no other, and says how to give it', async () => {
    const rejected: Unsent[] = []
    const { client } = clientWith({ onReject: (rejection) => rejected.push(rejection) })
    expect(client.track({ userId: 2 ** 53, event: 'x' })).toBe(false)
    expect(client.identify({ anonymousId: -rounded })).toBe(false)
    expect(client.group({ userId: 'u1', groupId: rounded })).toBe(false)
    expect(client.alias({ userId: 'u1', previousId: 1e21 })).toBe(false)
    expect(client.track({ userId: 2 ** 53 - 1, event: 'x' })).toBe(true)
    expect(client.track({ userId: 2n ** 63n, event: 'x' })).toBe(true)
    expect(await client.close()).toMatchObject({ sent: 2, rejected: 4 })
    expect(rejected.map(({ code }) => code)).toEqual([
      'EVENT_NO_ID',
      'EVENT_NO_ID',
      'EVENT_NO_GROUP',
      'EVENT_NO_PREVIOUS',
    ])
    expect(rejected.every(({ message }) => message.includes('Give it as text or BigInt'))).toBe(true)
    expect(sink.kept.map(({ userId }) => userId)).toEqual(['9007199254740991', '9223372036854775808'])
  })

  it('is left out where the call has another, and that is said once', async () => {
    const { client, log } = clientWith()
    client.track({ userId: rounded, anonymousId: 'a1', event: 'x' })
    client.track({ userId: 'u1', anonymousId: rounded, event: 'x' })
    client.identify({ userId: rounded, traits: { email: 'a@b.example' } })
    expect(await client.close()).toMatchObject({ sent: 3, rejected: 0 })
    expect(sink.kept.map(({ userId, anonymousId }) => [userId, anonymousId])).toEqual([
      [undefined, 'a1'],
      ['u1', undefined],
      [undefined, undefined],
    ])
    expect(log.filter((line) => line.includes('beyond 2^53'))).toHaveLength(1)
  })
})

describe('a warning of the server', () => {
  it('names the event that is kept though its time could not be read', async () => {
    sink.answerWith(({ body }) => ({
      status: 200,
      body: {
        ...taken(body),
        warnings: [{ index: 0, messageId: 'm7', message: 'the timestamp cannot be read' }],
      },
    }))
    const { client, log } = clientWith()
    client.track({ userId: 'u1', event: 'x', messageId: 'm7', timestamp: 'last Tuesday' })
    expect(await client.close()).toMatchObject({ sent: 1 })
    expect(log).toContainEqual('touchline: event m7 is kept, but: the timestamp cannot be read')
  })
})

describe('a spool that two services share', () => {
  const options = () => ({ spool: join(dir, 'spool'), flushTimeoutMs: 100 })
  const leaving = (n: number, writeKey: string, host = sink.url) =>
    inProcess(`client.track({ userId: 'u1', event: 'x', properties: { n: ${n} } })`, {
      ...options(),
      writeKey,
      host,
    })

  it('sends each one’s events only with its own key and to its own host, and says what it leaves alone', async () => {
    await sink.down()
    await leaving(1, 'wk_shop')
    await leaving(2, 'wk_blog')
    await leaving(3, 'wk_shop', `${sink.url}/other`)
    await sink.up()
    const { client, log } = clientWith({ ...options(), writeKey: 'wk_shop' })
    expect(await client.close({ timeoutMs: 20_000 })).toMatchObject({ sent: 1, pending: 0 })
    expect(sink.kept.map(({ properties }) => properties['n'])).toEqual([1])
    expect(log.join('\n')).toContain('2 files that a client with another writeKey or host left')
    const { output } = await inProcess('await client.flush()', { ...options(), writeKey: 'wk_blog' })
    expect(output).toContain('1 files that a client with another writeKey or host left')
    await until(() => sink.kept.length === 2, 'the other service’s event')
    expect(sink.requests.at(-1)?.headers.authorization).toBe(
      `Basic ${Buffer.from('wk_blog:').toString('base64')}`,
    )
  })
})
