/** Page views: at load, when the History API changes the address, on back and forward, and on return from the back/forward cache. */
import { guard, listen } from './guard.js'
import { on } from './hooks.js'
import { options } from './options.js'
import { cleanUrl, setViewed, viewed } from './page.js'
import type { Feature } from './feature.js'
import { verbs } from './verbs.js'

export const pageViews: Feature = () => {
  on('page', setViewed)
  if (options.pages === 'off') return
  const view = (): void => verbs.page()
  // A router sets the title right after the address: the view waits for that.
  const viewSoon = (): unknown => setTimeout(guard(() => cleanUrl(location.href) !== viewed && view()))

  for (const verb of ['pushState', 'replaceState'] as const) {
    const original = history[verb].bind(history)
    history[verb] = (...args) => {
      original(...args)
      viewSoon()
    }
  }
  listen('popstate', viewSoon)
  listen<PageTransitionEvent>('pageshow', (event) => event.persisted && view())
  if (document.prerendering) listen('prerenderingchange', view)
  else view()
}
