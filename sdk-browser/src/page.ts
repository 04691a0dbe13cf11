/** Which page an event is of. */
import { options } from './options.js'

/** When and on which page something happens. */
export type Moment = readonly [timeMs: number, href: string, title: string]

let replayed: Moment | undefined

export const moment = (): Moment => replayed || [Date.now(), location.href, document.title]

/** Runs `run` as if it happened at that moment. */
export function at(then: Moment, run: () => void): void {
  replayed = then
  run()
  replayed = undefined
}

/** A fragment may hold tokens; sites that route by it say so. */
export const cleanUrl = (href: string): string => (options.hash ? href : (href.split('#')[0] as string))

/** The page of the last page view, and where its visitor came from. */
export const page = { url: '', title: '', referrer: '' }

/** A page view begins. Inside a single-page app the referrer is the page before. */
export function enterPage(): void {
  const [, href, title] = moment()
  const url = cleanUrl(href)
  if (page.url !== url) page.referrer = page.url || document.referrer
  page.url = url
  page.title = title
}
