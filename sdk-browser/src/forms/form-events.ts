/** What happens in forms and near them. */
import { guard, listen } from '../base/guard.js'

/**
 * The type of an event, the elements that it passed, from the innermost on, also inside open shadow roots, and the key that
 * was pressed. `form.submit()` by a script, which is no event, counts as `submit`.
 */
export type FormEvent = readonly [type: string, path: EventTarget[], key?: string]

/** In the capture phase, so that the page's own handler has not emptied the fields yet. */
export const onFormEvents = (hear: (...event: FormEvent) => unknown): void => {
  for (const type of ['input', 'click', 'submit', 'keydown', 'online', 'pagehide'])
    listen<KeyboardEvent>(type, (event) => hear(type, event.composedPath(), event.key))
  const form = HTMLFormElement.prototype as { submit: (this: HTMLFormElement) => void }
  const { submit } = form
  form.submit = function () {
    guard(hear)('submit', [this])
    submit.call(this)
  }
}
