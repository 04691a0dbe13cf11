/** A fragment may hold tokens, unless it is a route: `#/path`, `#!path`. */
export const cleanUrl = (href: string): string => href.replace(/#(?![/!]).*/, '')
