/** In place of check-names.ts in t.debug.js: names that are not known, and what may have been meant. */
import { isKnown, nearest } from './known-options.js'
import { options } from './options.js'
import { warn } from '../base/warn.js'

export const checkNames = (): void => {
  warn(`t.debug.js runs in place of t.js, for ${options.host}: for developers, not for visitors`)
  const { debug, host } = options
  if (/^\s*(false|off|no|0|null|undefined)\s*$/i.test(debug as string))
    warn(`data-debug="${debug}" turns it on, as any value does: leave the attribute out`)
  // Without one of these it is a path of the page's own site, whose pages answer as they like. One that begins with / is meant so.
  if (host && !/^(https?:)?\/\/[^\s/]|^\/(?!\/)/.test(host))
    warn(`data-host="${host}" is no address; https://${host.replace(/^\W+/, '').trim()} may be meant`)
  else if (/\/v1(\/\w*)?\/*$/.test(host))
    warn(`data-host="${host}" is meant without /v1, which is added to it`)
  if (!/^[\w.-]*$/.test(options.cookieName || ''))
    warn(
      `data-cookie-name="${options.cookieName}" may have letters, digits, . _ and - only: others keep nobody known`,
    )
  if (!options.key) warn('data-key is missing: no event will be taken')
  for (const name of Object.keys(options)) {
    // Other scripts' attributes stand on tags too.
    const meant = isKnown(name) ? undefined : nearest(name)
    if (meant) warn(`data-${kebab(name)} is no option; is data-${kebab(meant)} meant?`)
  }
}

const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
