/** How long flush() and close() wait, by whatever name the caller's last SDK had for it. */
import { unknownIn } from './unknown-options.js'

export interface WaitOptions {
  /** Milliseconds; the client's `flushTimeoutMs` where it is not given. */
  timeoutMs?: number | undefined
  /** The same, as Segment's Node SDK calls it. */
  timeout?: number | undefined
}

const names: readonly (keyof WaitOptions)[] = ['timeoutMs', 'timeout']

/**
 * Milliseconds, also from a bare number, as other SDKs take it; undefined where nothing usable was given. `complain` hears what is
 * ignored, for a wait that is another than was asked for is noticed only when events are missing.
 */
export function waitMsFrom(given: unknown, complain: (problem: string) => void): number | undefined {
  if (given === undefined || given === null) return undefined
  if (typeof given === 'function') complain('it takes no callback; it returns a promise.')
  const options = typeof given === 'object' ? (given as Record<string, unknown>) : { timeoutMs: given }
  if (typeof given === 'function') return undefined
  for (const unknown of unknownIn(options, names, { wait: 'timeoutMs', deadline: 'timeoutMs' }, ''))
    complain(unknown)
  const name = names.find((one) => options[one] !== undefined && options[one] !== null)
  if (name === undefined) return undefined
  const value = options[name]
  if (typeof value === 'number' && value >= 0) return value
  complain(`${name} is no number of milliseconds; the default is taken.`)
  return undefined
}
