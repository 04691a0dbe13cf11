/**
 * Which pages live. A page owns its part of the outbox for as long as it can send, and may own the parts of pages
 * that are gone. Web Locks tell it exactly: a lock ends with its page. Where there are none, in insecure contexts,
 * owners say every few seconds that they live. Nothing is held across `pagehide`, for a page with a lock is not kept in
 * the back/forward cache.
 */
import { isKept } from './consent.js'
import { setItem } from './storage.js'
import { readVisitor } from './visitor.js'

const beatMs = 5_000
const goneAfterMs = 3 * beatMs

let releases: (() => void)[] = []

/** Runs `take` if nobody owns the page of that name; then it is ours. */
export const ownPage = (name: string, take: () => void): void => {
  const key = `tl.alive.${name}`
  if (navigator.locks)
    navigator.locks
      .request(name, { ifAvailable: true }, (lock) => {
        if (!lock) return
        take()
        return new Promise<void>((release) => releases.push(release))
      })
      // A sandboxed frame has the object and refuses its use; nothing is stored there either.
      .catch(() => {})
  else if (!(Date.now() - (localStorage[key] as number) < goneAfterMs)) {
    const beat = (): unknown => isKept(readVisitor()) && setItem(key, Date.now())
    const timer = setInterval(beat, beatMs)
    beat()
    take()
    releases.push(() => {
      clearInterval(timer)
      setItem(key)
    })
  }
}

/** Leaves what is still stored to the next page. */
export const releasePages = (): void => {
  releases.forEach((release) => release())
  releases = []
}
