/** Whether the server is there. While it is not, it is looked for, and every view asks again once it is back. */
import { createStore, useStore } from '../store.js'

const firstLookMs = 1_000
const mostLookMs = 10_000

const gone = createStore(false)
/** Counts returns: a view that has it among what it depends on asks again. */
const returns = createStore(0)
let looking: ReturnType<typeof setTimeout> | undefined

export const isGone = gone.get
export const useIsGone = () => useStore(gone)
export const useReturns = () => useStore(returns)

export function serverIsGone(): void {
  if (gone.get()) return
  gone.set(true)
  look(firstLookMs)
}

export function serverAnswered(): void {
  if (!gone.get()) return
  clearTimeout(looking)
  gone.set(false)
  returns.set(returns.get() + 1)
}

function look(afterMs: number): void {
  clearTimeout(looking)
  looking = setTimeout(() => {
    void fetch('/health/live', { cache: 'no-store' }).then(
      ({ ok }) => (ok ? serverAnswered() : look(Math.min(afterMs * 1.5, mostLookMs))),
      () => look(Math.min(afterMs * 1.5, mostLookMs)),
    )
  }, afterMs)
}
addEventListener('online', () => gone.get() && look(0))
