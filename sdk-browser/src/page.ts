/** Which page an event is of. */

/** When and on which page something happens. */
export type Moment = readonly [timeMs: number, href: string, title: string]

/** A call that the stub kept until the SDK was there. */
export type EarlyCall = readonly [verb: string, args: unknown[], moment: Moment]

export let replayed: Moment | undefined

export const moment = (): Moment => replayed || [Date.now(), location.href, document.title]

/** From now on things happen at that moment; without one, when they do. */
export const setMoment = (then?: Moment): void => {
  replayed = then
}

/** A fragment may hold tokens, unless it is a route: `#/path`, `#!path`. */
export const cleanUrl = (href: string): string => href.replace(/#(?![/!]).*/, '')

/** Address of the last page view … */
export let viewed = ''
/** … and of the one before it in a single-page app. */
export let viewedBefore = ''

/** A page view happens. */
export const setViewed = (): void => {
  const url = cleanUrl(moment()[1])
  if (viewed !== url) viewedBefore = viewed
  viewed = url
}
