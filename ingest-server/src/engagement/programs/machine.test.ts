/** What one step makes of what is known; pure. */
import { expect, test } from 'vitest'
import { programBody } from '@touchline/schemas/api'
import { nextOf, type Known } from './machine.js'
import { never, type Run } from './run.js'

const day = 86_400_000
const now = Date.parse('2026-03-02T12:00:00Z')
const body = programBody.parse({
  enter: { segment: 'hot' },
  quietHours: { from: '21:00', to: '08:00' },
  weeklyCap: 2,
  steps: [
    { id: 'w', wait: '3d' },
    { id: 'u', waitUntil: { trait: 'plan', op: 'exists' }, timeout: '14d' },
    { id: 'b', branch: [{ when: { trait: 'plan', op: 'exists' }, to: 'a' }], else: 'end' },
    { id: 'a', act: { webhook: 'crm' } },
    { id: 'morning', waitUntil: '09:00' },
    { id: 't', act: { setTrait: { name: 'x', value: 1 } } },
    { id: 'end', exit: 'done' },
  ],
})
const run = (step: string, dueAt = now): Run =>
  ({ step, dueAt, programVersion: 1, run: 'p:1:user:a:1', state: 'waiting', way: 'segment' }) as Run
const known = (more: Partial<Known> = {}): Known => ({
  ...{ now, zone: 'Europe/Berlin', ends: '', isSettled: true, isStillIn: true, branch: -1, isReached: false },
  cappedUntil: 0,
  ...more,
})

test('a wait ends when it is due, and not before', () => {
  expect(nextOf(run('w', now + 1), body, known())).toEqual({ kind: 'waits' })
  expect(nextOf(run('w'), body, known())).toMatchObject({
    kind: 'went',
    did: 'w',
    to: 'u',
    dueAt: now + 14 * day,
  })
})
test('what is waited for ends the wait, else its timeout does', () => {
  expect(nextOf(run('u', now + day), body, known())).toEqual({ kind: 'waits' })
  expect(nextOf(run('u', never), body, known({ isReached: true }))).toMatchObject({ to: 'b', dueAt: now })
  expect(nextOf(run('u'), body, known())).toMatchObject({ to: 'b', because: 'timeout' })
})
test('a branch takes the first that holds, else the other way', () => {
  expect(nextOf(run('b'), body, known({ branch: 0 }))).toMatchObject({ to: 'a' })
  expect(nextOf(run('b'), body, known())).toMatchObject({ to: 'end' })
})
test('an act is done where the condition is still true', () => {
  const morning = Date.parse('2026-03-03T08:00:00Z')
  expect(nextOf(run('a'), body, known())).toMatchObject({
    kind: 'acted',
    did: 'a',
    to: 'morning',
    dueAt: morning,
  })
  expect(nextOf(run('a'), body, known({ isStillIn: false }))).toMatchObject({
    kind: 'ended',
    state: 'exited',
  })
})
test('nothing is decided by touches while they are still those of the person before', () => {
  const moved = known({ isSettled: false, isStillIn: false })
  expect(nextOf(run('a'), body, moved)).toEqual({ kind: 'waits' })
  expect(nextOf(run('b'), body, moved)).toEqual({ kind: 'waits' })
  expect(nextOf(run('w'), body, moved)).toMatchObject({ to: 'u' })
})
test('quiet hours and caps hold an act and drop nothing', () => {
  const night = Date.parse('2026-03-02T22:00:00Z')
  expect(nextOf(run('a'), body, known({ now: night }))).toEqual({
    kind: 'held',
    dueAt: Date.parse('2026-03-03T07:00:00Z'),
    because: 'quiet hours (Europe/Berlin)',
  })
  expect(nextOf(run('a'), body, known({ cappedUntil: now + day }))).toMatchObject({
    kind: 'held',
    dueAt: now + day,
  })
  // What only changes our own records wakes nobody up.
  expect(nextOf(run('t'), body, known({ now: night }))).toMatchObject({ kind: 'acted', to: 'end' })
})
test('whatever ends a run ends it in any step, due or not', () => {
  expect(nextOf(run('w', now + day), body, known({ ends: 'unsubscribed' }))).toMatchObject({
    kind: 'ended',
    state: 'exited',
    because: 'unsubscribed',
  })
})
test('an exit says how it ended', () => {
  expect(nextOf(run('end'), body, known())).toMatchObject({ kind: 'ended', state: 'done', because: 'done' })
})
