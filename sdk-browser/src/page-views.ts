/** Page views: at load, when the History API changes the address, on back and forward, and on return from the back/forward cache. */
import { guard, listen } from './guard.js'
import { on } from './hooks.js'
import { options } from './options.js'
import { cleanUrl, moment, page } from './page.js'
import type { Feature } from './start.js'
import { verbs } from './verbs.js'

export const pageViews: Feature = () => {
  on('page', () => {
    const [, href, title] = moment()
    const url = cleanUrl(href)
    if (page.url !== url) page.before = page.url
    page.url = url
    page.title = title
  })
  if (options.pages === 'off') return
  const view = (): void => verbs.page()
  const viewIfMoved = guard(() => {
    if (cleanUrl(location.href) !== page.url) view()
  })
  // A router sets the title right after the address: the view waits for that.
  const viewSoon = (): void => void setTimeout(viewIfMoved)

  for (const verb of ['pushState', 'replaceState'] as const) {
    const original = history[verb].bind(history)
    history[verb] = (...args) => {
      original(...args)
      viewSoon()
    }
  }
  listen(window, 'popstate', viewSoon)
  listen<PageTransitionEvent>(window, 'pageshow', (event) => event.persisted && view())
  if (document.prerendering) listen(document, 'prerenderingchange', view)
  else view()
}
