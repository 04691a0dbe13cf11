/** Keys of the screen that is open, as the help shows them beside those of every screen: `[['←  →', 'Touch by touch']]`. */
import { useEffect } from 'preact/hooks'
import { createStore } from '../store.js'

export const moreKeys = createStore<[string, string][]>([])

export function useMoreKeys(keys: [string, string][]): void {
  useEffect(() => {
    moreKeys.set(keys)
    return () => moreKeys.set([])
  }, [JSON.stringify(keys)])
}
