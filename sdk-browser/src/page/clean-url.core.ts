/** A fragment may hold tokens, unless it is a route: `#/path`, `#!path`. t.core.js knows no other pages. */
export const cleanUrl = (href: string): string => href.replace(/#[^/!].*/, '')
