import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { channelRules, unassigned } from '../../../ingest-server/src/collect/enrich/channels.js'
import { ranked } from '../lists/ranked.js'
import { nearestScreen, paramsOf, screenAt } from '../screens/registry.js'
import { isKnownChannel, slotOf, slots, slotsOf } from './channels.js'
import { csvOf } from './csv.js'
import { nameOfPerson } from './names.js'
import { stepsTo } from './steps.js'
import { displayText, webAddress } from './text.js'

describe('words of events', () => {
  test('no name turns the text around it, and none is endless', () => {
    expect(displayText('Maria\u202Egnp.exe')).toBe('Maria‹U+202E›gnp.exe')
    expect(displayText('a\u0000b\nc')).toBe('a‹U+0000›b c')
    expect(displayText('x'.repeat(4_000))).toBe(`${'x'.repeat(200)}…`)
    expect([...displayText('👩‍👩‍👧'.repeat(300))].length).toBeLessThanOrEqual(201)
    expect(displayText('佐藤 健 👩‍💻')).toBe('佐藤 健 👩‍💻')
  })

  test('only addresses of the web are links', () => {
    expect(webAddress('https://x.test/a')).toBe('https://x.test/a')
    for (const text of [
      'javascript:alert(1)',
      'data:text/html,x',
      'vbscript:x',
      ' javascript:alert(1)',
      '/a',
      '',
    ])
      expect(webAddress(text)).toBeUndefined()
  })

  test('a cell that a spreadsheet would run is text', () => {
    expect(csvOf(['a'], [['=1+1'], ['\t@x'], ['-2'], [-2], ['a"b,c'], [null]])).toBe(
      'a\r\n\'=1+1\r\n\'\t@x\r\n\'-2\r\n-2\r\n"a""b,c"\r\n\r\n',
    )
  })

  test('somebody is called by name, else by address, else by identifier', () => {
    expect(nameOfPerson('user:u7', { firstName: 'Ada', lastName: 'L' })).toBe('Ada L')
    expect(nameOfPerson('user:u7', { email: 'a@b.c' })).toBe('a@b.c')
    expect(nameOfPerson('anon:7f3a99')).toBe('visitor 7f3a')
    expect(nameOfPerson('user:u7', { name: 4 })).toBe('u7')
  })
})

describe('channels', () => {
  test('each that the server knows has a colour and a mark chosen for it', () => {
    const channels = [...channelRules, unassigned].map(({ channel }) => channel)
    expect(
      channels.filter((channel) => !isKnownChannel(channel)),
      'without a slot in slotsOfKnown of parts/channels.tsx',
    ).toEqual([])
  })

  test.each(['constructor', 'toString', '__proto__', 'Unheard'])(
    '%s, which an importer may say, has one too',
    (name) => {
      expect(isKnownChannel(name)).toBe(false)
      expect(Array.from({ length: slots }, (_, slot) => slot)).toContain(slotOf(name))
    },
  )

  test('up to twelve that are seen together have colours of their own, known ones always the same', () => {
    const names = [
      'Unheard',
      'Paid Search',
      'Direct',
      'Other 1',
      'Other 2',
      'Email',
      'x',
      'y',
      'z',
      'q',
      'w',
      'CRM',
    ]
    expect(new Set(slotsOf(names)).size).toBe(slots)
    expect(slotsOf(names)[1]).toBe(1)
    expect(slotsOf([...names, 'one more'])).toHaveLength(13)
  })

  test('each colour is told from its ground: 3 to 1 for marks, 4.5 to 1 for words, light and dark', () => {
    const css = readFileSync(new URL('../styles/tokens.css', import.meta.url), 'utf8')
    const [light = '', dark = ''] = css.split(":root[data-theme='dark']")
    for (const theme of [light, dark]) {
      const colour = (name: string) => new RegExp(`--${name}: (#[0-9a-f]{6})`).exec(theme)?.[1] ?? ''
      for (const ground of ['ground', 'raised', 'sunken']) {
        for (let slot = 0; slot < slots; slot += 1)
          expect([slot, contrast(colour(`channel-${slot}`), colour(ground)) >= 3]).toEqual([slot, true])
        for (const ink of ['ink', 'muted', 'accent', 'red'])
          expect([ink, contrast(colour(ink), colour(ground)) >= 4.5]).toEqual([ink, true])
      }
      for (const tone of ['amber', 'red', 'green'])
        expect([tone, contrast(colour(tone), colour(`${tone}-ground`)) >= 4.5]).toEqual([tone, true])
    }
  })
})

function contrast(a: string, b: string): number {
  const light = (colour: string) => {
    const [r = 0, g = 0, blue = 0] = [1, 3, 5].map((at) => {
      const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * r + 0.7152 * g + 0.0722 * blue
  }
  const [one, two] = [light(a), light(b)].sort((x, y) => y - x)
  return ((one ?? 0) + 0.05) / ((two ?? 0) + 0.05)
}

describe('addresses of screens', () => {
  test('an id may hold anything, and what cannot be read is no screen', () => {
    expect(paramsOf('/accounts/:id', '/accounts/domain%3Aacme.com')).toEqual({ id: 'domain:acme.com' })
    expect(paramsOf('/accounts/:id', '/accounts/a%2Fb/')).toEqual({ id: 'a/b' })
    expect(paramsOf('/accounts/:id', '/accounts/%E0%A4%A')).toBeUndefined()
    expect(screenAt('/accounts')?.screen.name).toBe('accounts')
    expect(screenAt('/nothing/here')).toBeUndefined()
  })

  test('the nearest is offered', () => {
    expect(nearestScreen('/acounts/acme')?.name).toBe('accounts')
    expect(nearestScreen('/peeple')?.name).toBe('people')
  })
})

test('silent in a late stage comes before silent in an early one, and both before no stage', () => {
  const account = (id: string, stage: string | null, silentDays: number) => ({
    id,
    traits: {},
    people: 1,
    stage,
    silentDays,
  })
  const list = [
    account('a', 'one', 60),
    account('b', 'three', 30),
    account('c', null, 400),
    account('d', 'three', 31),
  ]
  expect(ranked(list, ['one', 'two', 'three']).map(({ id }) => id)).toEqual(['d', 'b', 'a', 'c'])
})

test('an axis begins at 0, ends at or just above the greatest value, and has few round steps', () => {
  expect(stepsTo(0)).toEqual(stepsTo(1))
  expect(stepsTo(7)).toEqual([0, 2, 4, 6, 8])
  expect(stepsTo(10)).toEqual([0, 2, 4, 6, 8, 10])
  expect(stepsTo(1_234)).toEqual([0, 500, 1_000, 1_500])
  for (let at = -3; at < 9; at += 0.01) {
    const greatest = 10 ** at
    const steps = stepsTo(greatest)
    const [step = 0, last = 0] = [steps[1], steps.at(-1)]
    expect(steps.length).toBeGreaterThanOrEqual(3)
    expect(steps.length).toBeLessThanOrEqual(6)
    expect(last).toBeGreaterThanOrEqual(greatest * (1 - 1e-9))
    expect(last - step).toBeLessThan(greatest)
    expect(step / 10 ** Math.floor(Math.log10(step * 1.000001))).toSatisfy((one: number) =>
      [1, 2, 5].some((round) => Math.abs(round - one) < 1e-6),
    )
  }
})
