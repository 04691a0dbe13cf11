/** Page views: at load, when the History API changes the address, on back and forward, and on return from the back/forward cache. */
import { guard, listen } from './guard.js'
import { options } from './options.js'
import { cleanUrl, page } from './page.js'
import type { Feature } from './start.js'

export const pageViews: Feature = (touchline) => {
  if (options.pages === 'off') return
  const view = (): void => touchline.page()
  const viewIfMoved = guard(() => {
    if (cleanUrl(location.href) !== page.url) view()
  })
  // A router sets the title right after the address: the view waits for that.
  const viewSoon = (): void => void setTimeout(viewIfMoved)

  for (const verb of ['pushState', 'replaceState'] as const) {
    const original = history[verb]
    history[verb] = function (...args) {
      original.apply(this, args)
      viewSoon()
    }
  }
  listen(window, 'popstate', viewSoon)
  listen<PageTransitionEvent>(window, 'pageshow', (event) => event.persisted && view())
  if (document.prerendering) listen(document, 'prerenderingchange', view)
  else view()
}
