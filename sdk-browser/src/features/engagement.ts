/** How long a page was visible and how far it was scrolled: one event when the page goes, whether by leaving or inside a single-page app. */
import { chosen } from '../options/chosen.js'
import { listen } from '../base/guard.js'
import { on } from '../base/hooks.js'
import { ofDocument } from '../base/of-document.js'
import { moment, replayed, setMoment, viewed } from '../page/page.js'
import type { Feature } from './feature.js'
import { verbs } from '../record/verbs.js'

export const engagement: Feature = () => {
  if (chosen('engagement', 'auto', 'off') === 'off') return
  let isOpen = false
  let title: string
  let visibleMs = 0
  let visibleSince = 0
  let deepest = 0

  const look = (): void => {
    deepest = Math.max(deepest, scrollY + innerHeight)
  }
  const count = (): void => {
    // An early call's own moment: what the SDK took to load belongs to no page that ended meanwhile.
    const [timeMs] = moment()
    if (visibleSince) visibleMs += timeMs - visibleSince
    visibleSince = ofDocument('hidden') ? 0 : timeMs
  }
  const leave = (): void => {
    count()
    look()
    if (isOpen) {
      const then = replayed
      setMoment([moment()[0], viewed, title])
      verbs.track('Page Left', {
        visibleSeconds: Math.round(visibleMs / 1_000),
        scrollPercent: Math.round((100 * deepest) / ofDocument('documentElement').scrollHeight),
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
