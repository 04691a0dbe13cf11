import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createTurns } from './turns.js'

test('addresses take turns, whatever each of them brings', async () => {
  const turns = createTurns({ atOnce: 1, waitingOfAddress: 10 })
  const done: string[] = []
  const work = (name: string) => async () => {
    await turn()
    done.push(name)
  }
  const all = ['a1', 'a2', 'a3', 'a4', 'b1', 'c1', 'c2'].map((name) => turns.take(name[0] ?? '', work(name)))
  await Promise.all(all)
  expect(done).toEqual(['a1', 'a2', 'b1', 'c1', 'a3', 'c2', 'a4'])
  expect(turns.waiting()).toBe(0)
})

test('no more is done at once than allowed, and a failure ends its turn', async () => {
  const turns = createTurns({ atOnce: 2, waitingOfAddress: 10 })
  let running = 0
  let most = 0
  const work = (fails: boolean) => async () => {
    most = Math.max(most, (running += 1))
    await turn()
    running -= 1
    if (fails) throw new Error('no')
  }
  const all = await Promise.allSettled(
    [true, false, true, true, false, false].map((fails) => turns.take('a', work(fails))),
  )
  expect(all.map(({ status }) => status === 'rejected')).toEqual([true, false, true, true, false, false])
  expect(most).toBe(2)
  await turns.take('a', work(false))
})

test('what an address may not queue is refused, and others are not', async () => {
  const turns = createTurns({ atOnce: 1, waitingOfAddress: 2 })
  let finish: () => void = () => undefined
  const running = turns.take('a', () => new Promise<void>((resolve) => (finish = resolve)))
  const waiting = [turns.take('a', turn), turns.take('a', turn)]
  await expect(turns.take('a', turn)).rejects.toMatchObject({ code: 'OVERLOADED', retryAfterSeconds: 1 })
  const other = turns.take('b', turn)
  finish()
  await Promise.all([running, ...waiting, other])
  await turns.take('a', turn)
})

test('whoever comes after all were done and some time went by has a turn at once, again and again', async () => {
  const turns = createTurns({ atOnce: 1, waitingOfAddress: 2 })
  for (let time = 0; time < 5; time += 1) {
    let isDone = false
    void turns.take('a', async () => void (isDone = true))
    await turn()
    await turn()
    expect(isDone).toBe(true)
    expect(turns.waiting()).toBe(0)
  }
})
