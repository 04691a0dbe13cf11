/** Page views: at load, when the History API changes the address, on back and forward, and on return from the back/forward cache. */
import { chosen } from '../options/chosen.js'
import { cleanUrl } from '../page/clean-url.js'
import { guard, listen } from '../base/guard.js'
import { on } from '../base/hooks.js'
import { ofDocument } from '../base/of-document.js'
import { setViewed, viewed } from '../page/page.js'
import type { Feature } from './feature.js'
import { verbs } from '../record/verbs.js'

export const pageViews: Feature = () => {
  on('page', setViewed)
  const pages = chosen('pages', 'path', 'query', 'hash', 'auto', 'manual', 'off')
  if (/^[mo]/.test(pages as string)) return
  const view = (): void => verbs.page()
  // A search box may write each letter into the query: that is no page, unless the site says so.
  const pageOf = (href: string): string =>
    cleanUrl(href).replace(/^[qh]/.test(pages as string) ? '' : /\?[^#]*/g, '')
  // A router sets the title right after the address: the view waits for that.
  // Nor is what it does while the page is only being prerendered, which is viewed when it is shown.
  const viewSoon = (): unknown =>
    setTimeout(guard(() => viewed && pageOf(location.href) !== pageOf(viewed) && view()))

  // Before the rest, which a page that has frozen its history does not take.
  if (ofDocument('prerendering')) listen('prerenderingchange', view)
  else view()
  for (const verb of ['pushState', 'replaceState'] as const) {
    const original = history[verb].bind(history)
    history[verb] = (...args) => {
      original(...args)
      viewSoon()
    }
  }
  listen('popstate', viewSoon)
  listen<PageTransitionEvent>('pageshow', (event) => event.persisted && view())
}
