/** Clicks on links that leave the site, and on downloads. */
import { chosen } from '../options/chosen.js'
import { isOwnHost } from '../visitor/hosts.js'
import { listen } from '../base/guard.js'
import type { Feature } from './feature.js'
import { verbs } from '../record/verbs.js'

const downloads = /\.(pdf|zip|docx?|xlsx?|pptx?|csv|dmg|exe|mp[34])$/i

/** The web link under a click, also inside open shadow roots. `auxclick` is the middle button, which opens a tab. */
export const listenToLinks = (handle: (link: HTMLAnchorElement) => void): void => {
  for (const type of ['click', 'auxclick'])
    listen(type, (event) => {
      const link = (event.composedPath()[0] as Element).closest<HTMLAnchorElement>('a[href]')
      // mailto:, tel: and links inside an SVG have no host.
      if (link && link.host) handle(link)
    })
}

export const links: Feature = () => {
  if (chosen('links', 'auto', 'off') === 'off') return
  listenToLinks((link) => {
    const properties = { url: link.href, text: link.textContent.trim().slice(0, 100) }
    if (link.hasAttribute('download') || downloads.test(link.pathname))
      verbs.track('File Downloaded', properties)
    else if (!isOwnHost(link.hostname)) verbs.track('Outbound Link Clicked', properties)
  })
}
