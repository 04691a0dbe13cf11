/** In place of check-names.ts in t.debug.js: names that are not known, and what may have been meant. */
import { isKnown, nearest } from './known-options.js'
import { options } from './options.js'
import { warn } from '../base/warn.js'

export const checkNames = (): void => {
  warn(`t.debug.js runs in place of t.js, for ${options.host}: for developers, not for visitors`)
  if (!options.key) warn('data-key is missing: no event will be taken')
  for (const name of Object.keys(options)) {
    // Other scripts' attributes stand on tags too.
    const meant = isKnown(name) ? undefined : nearest(name)
    if (meant) warn(`data-${kebab(name)} is no option; is data-${kebab(meant)} meant?`)
  }
}

const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
