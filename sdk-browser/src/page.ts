/** Which page an event is of. */

/** When and on which page something happens. */
export type Moment = readonly [timeMs: number, href: string, title: string]

/** A call that the stub kept until the SDK was there. */
export type EarlyCall = readonly [verb: string, args: unknown[], moment: Moment]

let replayed: Moment | undefined

export const moment = (): Moment => replayed || [Date.now(), location.href, document.title]

/** Runs `run` as if it happened at that moment. */
export const at = (then: Moment | undefined, run: () => void): void => {
  replayed = then
  run()
  replayed = undefined
}

/** A fragment may hold tokens, unless it is a route: `#/path`, `#!path`. */
export const cleanUrl = (href: string): string => href.replace(/#(?![/!]).*/, '')
