/** How long a page was visible and how far it was scrolled: one event when the page goes, whether by leaving or inside a single-page app. */
import { listen } from './guard.js'
import { on } from './hooks.js'
import { moment, replayed, setMoment, viewed } from './page.js'
import { options } from './options.js'
import type { Feature } from './feature.js'
import { verbs } from './verbs.js'

export const engagement: Feature = () => {
  if (options.engagement === 'off') return
  let isOpen = false
  let title = ''
  let visibleMs = 0
  let visibleSince = 0
  let deepest = 0

  const look = (): void => {
    deepest = Math.max(deepest, scrollY + innerHeight)
  }
  const count = (): void => {
    if (visibleSince) visibleMs += Date.now() - visibleSince
    visibleSince = document.hidden ? 0 : Date.now()
  }
  const leave = (): void => {
    count()
    look()
    if (isOpen) {
      const then = replayed
      setMoment([Date.now(), viewed, title])
      verbs.track('Page Left', {
        visibleSeconds: Math.round(visibleMs / 1_000),
        scrollPercent: Math.round((100 * deepest) / document.documentElement.scrollHeight),
      })
      setMoment(then)
    }
    isOpen = false
  }
  listen('visibilitychange', count)
  listen('scroll', look)
  listen('pagehide', leave)
  on('page', () => {
    leave()
    isOpen = true
    title = moment()[2]
    visibleMs = deepest = 0
  })
}
