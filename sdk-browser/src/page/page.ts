/** Which page an event is of. */
import { cleanUrl } from './clean-url.js'
import { ofDocument } from '../base/of-document.js'

/** When and on which page something happens. */
export type Moment = readonly [timeMs: number, href: string, title: string]

/** A call that the stub kept until the SDK was there. */
export type EarlyCall = readonly [verb: string, args: unknown[], moment: Moment]

export let replayed: Moment | undefined

export const moment = (): Moment => replayed || [Date.now(), location.href, ofDocument('title')]

/** From now on things happen at that moment; without one, when they do. */
export const setMoment = (then?: Moment): void => {
  replayed = then
}

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
