/** Nothing that this SDK does may break its page: every door into it is guarded, and it logs one line at most. */

let hasWarned = false

export function guard<Args extends unknown[], Result>(
  run: (...args: Args) => Result,
): (...args: Args) => Result | undefined {
  return (...args) => {
    try {
      return run(...args)
    } catch (error) {
      if (!hasWarned) console.warn('touchline:', error)
      hasWarned = true
      return undefined
    }
  }
}

/** Listens in the capture phase, so that a page which stops its own events is still seen. */
export function listen<E extends Event>(target: EventTarget, type: string, handle: (event: E) => void): void {
  target.addEventListener(type, guard(handle) as (event: Event) => void, true)
}
