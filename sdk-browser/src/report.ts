/** Tells the page what will never arrive. */
import { tell } from './hooks.js'
import type { Entry } from './outbox.js'
import type { Answer } from './wire.js'

export const reportDropped = (entries: Entry[], reason: 'age' | 'full' | number): void =>
  tell('drop', { reason, messageIds: entries.map(([place]) => place.slice(-36)) })

/** Reads an answer for the events that the server did not take; one of a form that nobody expects says nothing. */
export function reportRejected(response: Response): void {
  if (response.ok)
    response.json().then(
      ({ rejected }: Answer) => rejected.forEach((reject) => tell('reject', reject)),
      () => {},
    )
}
