/** What this page's part of the outbox is called. In t.core.js page-name.core.ts stands in its place. */
import { newId } from './ids.js'
import { queuePrefix } from './options.js'

/** Begins the keys of this page's part of the outbox. */
export let pagePrefix: string

export const namePage = (): void => {
  pagePrefix = `${queuePrefix}${newId(Date.now())}.`
}
