import { expect, test } from 'vitest'
import { until } from '../../../test-support/server.js'
import { named, type Visit, type World } from '../support/world.js'

const lines = ({ complaints }: Visit): string[] =>
  complaints.filter((text) => text.startsWith('logged Touchline: ')).map((text) => text.slice(18))
const ready = `window.touchline && touchline.flush`

/** With `data-debug` t.debug.js says what became of each call. */
export function debugCases(world: () => World): void {
  const open = async (query: string, script = ''): Promise<Visit> => {
    const { profile, visit } = world()
    const opened = await visit('options', { context: await profile({ script }), query: `?debug=&${query}` })
    await opened.page.waitForFunction(ready)
    return opened
  }
  const said = (opened: Visit, pattern: RegExp): Promise<string> =>
    until(() => lines(opened).find((line) => pattern.test(line)), {
      what: String(pattern),
      seen: () => lines(opened),
      timeoutMs: 20_000,
    })

  test('each call is followed from recording to the server’s answer', async () => {
    const opened = await open('')
    await opened.page.evaluate(
      `touchline.track('Trial Started', { plan: 'pro' }); touchline.track(''); touchline.flush()`,
    )
    await said(opened, /^t\.debug\.js runs in place of t\.js/)
    await said(opened, /^page, by itself: recorded as \w+, consent implied/)
    await said(opened, /^track\("Trial Started", \{"plan":"pro"\}\): recorded as \w+/)
    await said(opened, /^track "Trial Started" \(\w+\): the server took it/)
    await said(opened, /EVENT_NO_NAME/)
    await world().arrived(opened.run, (all) => all.some(named('Trial Started')))
  })

  test.each([
    ['identify(undefined)', '', /identify\(undefined\): nothing recorded, undefined is no id/],
    ['identify(2 ** 60)', '', /identify\(1152921504606847000\): threw .*1152921504606847000/],
    ['group(null)', '', /group\(null\): nothing recorded, null is no id/],
    [`track('Paid', { wei: 10n })`, '', /track\("Paid", a value without JSON .*\): threw TypeError.*BigInt/],
    [
      `track('Hit', { on: document, of: window })`,
      '',
      /track\("Hit", a value without JSON .*\): threw TypeError/,
    ],
    ['identify(7n)', '', /identify\(7n\): /],
    ['identifyOrReset(undefined)', '', /identifyOrReset\(undefined\): nothing recorded, .*not known yet/],
    [
      `track('Held')`,
      'consent=required',
      /track\("Held"\): recorded as \w+, consent awaiting; held until optIn\(\)/,
    ],
    [`optOut(), touchline.track('No')`, '', /track\("No"\): not recorded, the visitor refused/],
    [`track('Robot')`, 'bots=no', /track\("Robot"\): not recorded, an automated browser: data-bots="allow"/],
  ])('%s with "%s": the line says why', async (call, query, pattern) => {
    const opened = await open(query)
    await opened.page.evaluate(`touchline.${call}`)
    await said(opened, pattern)
  })

  test('under Global Privacy Control an identify says why it is not recorded', async () => {
    const opened = await open('', `Object.defineProperty(navigator, 'globalPrivacyControl', { value: true })`)
    await opened.page.evaluate(`touchline.identify('A')`)
    await said(opened, /^identify\("A"\): not recorded, .*Global Privacy Control/)
  })

  test.each([
    ['storage=none', /unknown storage="none", taken for "cookieless"; known: cookieless/],
    ['linkdomains=a.test', /data-linkdomains is no option; is data-link-domains meant\?/],
    ['storge=cookieless', /data-storge is no option; is data-storage meant\?/],
    ['consentRequired=1', /data-consent-required is no option; is data-consent meant\?/],
    ['writeKey=wk', /data-write-key is no option; is data-key meant\?/],
    ['cookieName=%24visitor', /data-cookie-name="\$visitor" may have letters, digits, \. _ and - only/],
    [
      'build=debug&host=t.example.com',
      /data-host="t\.example\.com" is no address; https:\/\/t\.example\.com may/,
    ],
    ['build=debug&host=%20https://t.example.com', /data-host=" https:\/\/t\.example\.com" is no address/],
    ['build=debug&host=http://127.0.0.1:1/v1', /data-host=".*" is meant without \/v1/],
  ])('%s: a near miss is named', async (query, pattern) => {
    await said(await open(query), pattern)
  })

  test.each(['false', 'off', 'No', '0'])('data-debug="%s" is on, and says so', async (value) => {
    const opened = await open(`debug=${value}`)
    await said(opened, /^data-debug=".*" turns it on, as any value does: leave the attribute out/)
  })

  test('an answer that is none of ours is told, and that it is tried again', async () => {
    const { gate } = world()
    gate.fault = { status: 200, body: '<!doctype html>' }
    const opened = await open('')
    await opened.page.evaluate(`touchline.track('Lost?'); touchline.flush()`)
    await said(opened, /^track "Lost\?" \(\w+\): no answer of a Touchline server; tried again/)
  })

  test('without data-debug nothing is said, and t.debug.js is not loaded', async () => {
    const { gate, visit } = world()
    const before = gate.passed.filter(({ path }) => path === '/t.debug.js').length
    const opened = await visit('options')
    await opened.page.waitForFunction(ready)
    await opened.page.evaluate(`touchline.identify(undefined); touchline.track('Quiet'); touchline.flush()`)
    await world().arrived(opened.run, (all) => all.some(named('Quiet')))
    expect(lines(opened)).toEqual([])
    expect(gate.passed.filter(({ path }) => path === '/t.debug.js')).toHaveLength(before)
  })
}
