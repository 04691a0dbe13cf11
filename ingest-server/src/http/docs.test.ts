import { limits } from '@touchline/schemas'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
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
