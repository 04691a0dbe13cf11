/** Says on the page that what was asked for is drawn, for whoever waits for it (tests, screenshots): `main[data-ready]`. */
import { useLayoutEffect } from 'preact/hooks'
import { createStore, useStore } from '../store.js'

/** Who has something to show, and whether it is there; the page is ready once all are. */
const claims = new Map<symbol, boolean>()
const ready = createStore(false)
export const useIsReady = () => useStore(ready)

/** Each part says when its answer stands on the page; a screen of which no part says so is never ready. */
export function useReady(isReady: boolean): void {
  useLayoutEffect(() => {
    const mine = Symbol('ready')
    claims.set(mine, isReady)
    update()
    return () => {
      claims.delete(mine)
      update()
    }
  }, [isReady])
}

const update = () => ready.set(claims.size > 0 && [...claims.values()].every((one) => one))
