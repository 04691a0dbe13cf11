/**
 * Which pages live. A page owns its part of the outbox for as long as it can send, and may own the parts of pages
 * that are gone. Web Locks tell it exactly (a lock ends with its page); where they are missing, in insecure contexts,
 * a heartbeat does. Nothing is held across `pagehide`: a page with a lock is not kept in the back/forward cache.
 */
import { storage } from './storage.js'

const heartbeatMs = 5_000
const goneAfterMs = 3 * heartbeatMs

let releases: (() => void)[] = []

/** Runs `take` if nobody owns the page of that name, and then it is ours. */
export function ownPage(name: string, take: () => void): void {
  if (navigator.locks) {
    navigator.locks
      .request(name, { ifAvailable: true }, (lock) => {
        if (!lock) return
        take()
        return new Promise<void>((release) => releases.push(release))
      })
      // A sandboxed frame has the object and refuses its use; nothing is stored there either.
      .catch(() => {})
    return
  }
  const key = `tl.alive.${name}`
  if (Date.now() - +storage.get(key) < goneAfterMs) return
  const beat = (): void => storage.set(key, `${Date.now()}`)
  const timer = setInterval(beat, heartbeatMs)
  beat()
  take()
  releases.push(() => {
    clearInterval(timer)
    storage.remove(key)
  })
}

/** Leaves what is still stored to the next page. */
export function releasePages(): void {
  releases.forEach((release) => release())
  releases = []
}
