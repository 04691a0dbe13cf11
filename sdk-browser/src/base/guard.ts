/** Nothing that this SDK does may break its page, nor fill its console: every door is guarded, and `on('error')` hears why. */
import { emit } from './hooks.js'

export const guard =
  <Args extends unknown[], Result>(run: (...args: Args) => Result): ((...args: Args) => Result | undefined) =>
  (...args) => {
    try {
      return run(...args)
    } catch (error) {
      emit('error', error)
    }
  }

/** Listens at the window in the capture phase: a page which stops its own events is still seen, whatever their target. */
export const listen = <E extends Event>(type: string, handle: (event: E) => unknown): void =>
  addEventListener(type, guard(handle) as (event: Event) => void, true)
