/**
 * Leads from forms, in t.js: reading them is a part of its own, t.forms.js, which a page loads when it has a form to look at.
 * What happens before that part is there waits for it, with the values that the fields had; where the page goes earlier, a form
 * that was sent gives the address in its field of type email.
 */
import type { captureForms, EarlyFormEvent } from './capture-forms.js'
import { chosen } from '../options/chosen.js'
import type { Feature } from '../features/feature.js'
import { onFormEvents, type FormEvent } from './form-events.js'
import { options } from '../options/options.js'
import { moment, setMoment } from '../page/page.js'
import { verbs } from '../record/verbs.js'
import { readVisitor } from '../visitor/visitor.js'

// A policy may forbid it, and each try is a line in the console.
const maxTries = 5

export const forms: Feature = () => {
  const which = chosen('forms', 'marked', 'auto', 'off')
  if (which === 'off') return
  const wanted = which === 'auto' ? 'input' : '[data-touchline-identify]'
  let early: EarlyFormEvent[] = []
  let capture: ReturnType<typeof captureForms> | undefined
  let isLoading: unknown
  let tries = 0

  /** The page goes, and the part is not there. Who is signed in may type a colleague's address, here too. */
  const leave = (): void => {
    let email: string | undefined
    early.forEach(([, , type, [form]]) =>
      early.forEach(([, value, , path]) => {
        const [field] = path as [HTMLInputElement]
        if (
          type === 'submit' &&
          field.form === form &&
          field.type === 'email' &&
          field.closest(wanted) &&
          !field.closest('[data-touchline-ignore]')
        )
          email = value
      }),
    )
    early = []
    if (email && !readVisitor().userId) verbs.identify({ email })
  }

  const hear = (...event: FormEvent): void => {
    const [type, path] = event
    const field = path[0] as HTMLInputElement
    if (capture) capture(...event)
    else if (type === 'pagehide') leave()
    else if (tries || path.some((node) => (node as Element).matches && (node as Element).matches(wanted))) {
      early.push([moment(), field.value, ...event])
      if (isLoading || tries > maxTries) return
      isLoading = 1
      // The number makes another address: browsers may remember that a module could not be loaded.
      import(/* @vite-ignore */ `${options.host}/t.forms.js?${tries++}`)
        .then((part: { default: typeof captureForms }) => {
          capture = part.default(verbs, options, which, early, setMoment)
        })
        .catch(() => (isLoading = 0))
    }
  }
  onFormEvents(hear)
  hear('', [document.querySelector(wanted) || window])
}
