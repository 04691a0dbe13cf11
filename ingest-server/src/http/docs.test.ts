import { limits } from '@touchline/schemas'
import { readFileSync, readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { channelRules, unassigned } from '../collect/enrich/channels.js'
import { clickIdKinds } from '../collect/enrich/click-ids.js'
import { errorTable } from '../errors.js'

const page = readFileSync(new URL('../../../docs/http.md', import.meta.url), 'utf8')

test.each(Object.entries(errorTable).filter(([code]) => code !== 'CONFIG_INVALID'))(
  'docs/http.md says what %s means, its status, and whether to send again',
  (code, { status, mayRetry, meaning }) => {
    expect(page).toContain(`| \`${code}\` | ${status} | ${mayRetry ? 'yes' : 'no'} | ${meaning} |`)
  },
)

test('docs/http.md names the limits and click ids that hold', () => {
  for (const words of [
    `${limits.bodyBytes / 1024} KB as sent`,
    `${limits.decodedBytes / 1024 / 1024} MB decoded`,
    `${limits.eventsPerBatch.toLocaleString('en-US')} events`,
    `${limits.eventBytes / 1024} KB of JSON`,
    `${limits.eventDepth} levels`,
    `longer than ${limits.idLength} characters`,
    `up to ${limits.eventNameLength} characters`,
    ...clickIdKinds.map(({ name }) => `\`${name}\``),
  ]) {
    expect(page).toContain(words)
  }
})

test.each([
  ['Segment', 'browser', 'cdnURL'],
  ['Segment', 'browser', 'apiHost'],
  ['Segment', 'Node', 'host:'],
  ['Segment', 'Python', 'host ='],
  ['Segment', 'Kotlin', 'cdnHost'],
  ['RudderStack', 'browser', 'configUrl'],
  ['RudderStack', 'Node', 'dataPlaneUrl'],
  ['RudderStack', 'Ruby', 'data_plane_url'],
  ['RudderStack', 'Java', 'setDataPlaneUrl'],
])('docs/http.md has the line that points %s’s SDK (%s) here: %s', (vendor, platform, option) => {
  const row = page.split('\n').find((line) => line.startsWith(`| ${vendor}, ${platform}`)) ?? ''
  expect(row).toMatch(/\bevents\.example\.com\b/)
  expect(row).toContain(option)
})

test('docs/http.md lists the channels that there are, in the order of their rules', () => {
  const [, listed = ''] = /^## Channels\n\n([^]*?), and Unassigned/m.exec(page) ?? []
  const channels = [...new Set(channelRules.map(({ channel }) => channel))]
  expect(listed.split(/,\s+/), 'the first paragraph of "Channels"').toEqual(channels)
  expect(unassigned.channel).toBe('Unassigned')
})

test('decisions are numbered from 001 on without gaps, and say their number in the heading', () => {
  const folder = new URL('../../../docs/decisions/', import.meta.url)
  const names = readdirSync(folder).sort()
  expect(names.length).toBeGreaterThan(0)
  for (const [index, name] of names.entries()) {
    const number = String(index + 1).padStart(3, '0')
    expect(name).toMatch(new RegExp(`^${number}-[a-z0-9-]+\\.md$`))
    expect(readFileSync(new URL(name, folder), 'utf8')).toMatch(new RegExp(`^# ${number}: \\S`))
  }
})
