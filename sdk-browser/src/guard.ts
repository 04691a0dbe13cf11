/** Nothing that this SDK does may break its page: every door is guarded, and one line at most is logged. */

let hasWarned: unknown

export function guard<Args extends unknown[], Result>(
  run: (...args: Args) => Result,
): (...args: Args) => Result | undefined {
  return (...args) => {
    try {
      return run(...args)
    } catch (error) {
      hasWarned = hasWarned || console.warn('touchline:', error) || 1
      return undefined
    }
  }
}

/** Listens in the capture phase, so that a page which stops its own events is still seen. */
export function listen<E extends Event>(target: EventTarget, type: string, handle: (event: E) => void): void {
  target.addEventListener(type, guard(handle) as (event: Event) => void, true)
}
