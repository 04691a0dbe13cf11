/** What may be kept of an address. In t.core.js clean-url.core.ts stands in its place. */
import { options } from '../options/options.js'

/** A fragment may hold tokens, unless it is a route (`#/path`, `#!path`) or, by the site's own word, a page. */
export const cleanUrl = (href: string): string =>
  href.replace(options.pages === 'hash' ? /#.*=.*/ : /#(?![/!]\W*\w).*/, '')
