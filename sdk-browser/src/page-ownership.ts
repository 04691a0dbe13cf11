/**
 * Which pages live. A page owns its part of the outbox for as long as it can send, and may own the parts of pages
 * that are gone. Web Locks tell it exactly: a lock ends with its page. Nothing is held across `pagehide`, for a page
 * with a lock is not kept in the back/forward cache.
 */
import type { Feature } from './start.js'
import { getItem, setItem } from './storage.js'

let releases: (() => void)[] = []

/** Runs `take` if nobody owns the page of that name; then it is ours. */
export let ownPage = (name: string, take: () => void): void => {
  if (!navigator.locks) return take()
  navigator.locks
    .request(name, { ifAvailable: true }, (lock) => {
      if (!lock) return
      take()
      return new Promise<void>((release) => releases.push(release))
    })
    // A sandboxed frame has the object and refuses its use; nothing is stored there either.
    .catch(() => {})
}

/** Leaves what is still stored to the next page. */
export function releasePages(): void {
  releases.forEach((release) => release())
  releases = []
}

const beatMs = 5_000
const goneAfterMs = 3 * beatMs

/** Where there are no Web Locks, in insecure contexts, owners say every few seconds that they live. */
export const heartbeat: Feature = () => {
  if (navigator.locks) return
  ownPage = (name, take) => {
    const key = `tl.alive.${name}`
    if (Date.now() - +(getItem(key) || 0) < goneAfterMs) return
    const beat = (): void => void setItem(key, `${Date.now()}`)
    const timer = setInterval(beat, beatMs)
    beat()
    take()
    releases.push(() => {
      clearInterval(timer)
      setItem(key)
    })
  }
}
