/** Says on the page that what was asked for is drawn, for whoever waits for it (tests, screenshots): `main[data-ready]`. */
import { createStore, useStore } from '../store.js'
import { useEffect } from 'preact/hooks'

const ready = createStore(false)
export const useIsReady = () => useStore(ready)

/** Each screen says when its answer stands on the page; a new screen is not ready until it says so. */
export function useReady(isReady: boolean): void {
  useEffect(() => {
    ready.set(isReady)
    return () => ready.set(false)
  }, [isReady])
}
