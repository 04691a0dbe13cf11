/**
 * Leads from forms. A form marked `data-touchline-identify`, or with `forms: 'auto'` whatever has an email field, gives its valid
 * email and the fields that the site named, when it is sent (form-senders.ts).
 *
 *     <form data-touchline-identify="name,company">        these fields beside the email; a <div> may be marked too
 *     <input data-touchline-ignore>                         never this one, or nothing inside this element
 */
import type { Options, Touchline, Traits } from '../base/api.js'
import type { FormEvent } from './form-events.js'
import { fieldsOf, isOfOthers, isSecret, mayBeEmail, nameOf, type Field } from './form-fields.js'
import { mark, sentBy } from './form-senders.js'
import { ask, closest } from './form-tree.js'
import type { Moment } from '../page/page.js'

const ignored = '[data-touchline-ignore]'
const emailShape = /^\s*[^\s@]+@[^\s@.]+(\.[^\s@.]+)*\.[^\s@.]{2,}\s*$/
const choice = /^(checkbox|radio)$/
// What somebody did a moment ago: a click on the button, the submit that follows it, and a form.submit() after that.
const sameMs = 2_000

/** When it happened, and the value that the field had. */
export type EarlyFormEvent = readonly [then: Moment, value: string, ...FormEvent]

/**
 * Hears what happens in forms. `early` is what happened before this was there: it is heard first, as of its time, and what a page
 * has emptied since counts as it was then.
 */
export const captureForms = (
  verbs: Pick<Touchline, 'identify' | 'track' | 'user'>,
  options: Pick<Options, 'formFields'>,
  which: string | undefined,
  early: readonly EarlyFormEvent[] = [],
  setMoment: (then?: Moment) => void = () => {},
): ((...event: FormEvent) => void) => {
  const typed = new Map<unknown, string>()
  let last = ''
  let lastMs = 0

  const capture = (scope: Element): void => {
    const marked = closest(scope, `[${mark}]`)
    if (closest(scope, ignored) || (!marked && which !== 'auto')) return
    const named = marked && ask(marked, 'getAttribute', mark)
    // Of a form that the site marked it says itself that it is of the visitor.
    const fields = fieldsOf(scope).filter((field) => marked || !isOfOthers(field))
    // Out of sight is a trap for robots: it counts where nothing else is there.
    fields.sort((one, other) => +!one.getClientRects().length - +!other.getClientRects().length)
    const traits = traitsOf(fields, [named || options.formFields].join(), typed)
    const text = JSON.stringify(traits)
    if (!traits['email'] || (text === last && Date.now() - lastMs < sameMs)) return
    last = text
    lastMs = Date.now()
    // Who is signed in may type a colleague's address: then it says nothing about them.
    if (!verbs.user().userId) verbs.identify(traits)
    const form = ask(scope, 'getAttribute', 'id') || ask(scope, 'getAttribute', 'name')
    verbs.track('Form Submitted', { form })
  }

  const hear = (...event: FormEvent): void => {
    const scope = sentBy(event, (field) => !field.value && !!typed.get(field))
    if (scope) capture(scope)
  }
  early.forEach(([then, value, ...event]) => {
    const [type, [field]] = event
    // What is empty without having been emptied by its user was emptied by the page.
    if (value || type === 'input') typed.set(field, value)
    setMoment(then)
    hear(...event)
  })
  setMoment()
  typed.clear()
  return hear
}

function traitsOf(fields: Field[], allowed: string, typed: ReadonlyMap<unknown, string>): Traits {
  const traits: Traits = {}
  const names = allowed.split(/[\s,]+/)
  for (const field of fields) {
    const before = typed.get(field)
    const value = before === undefined ? field.value : before
    if (!value || closest(field, ignored) || (choice.test(field.type) && !field.checked)) continue
    if (!traits['email'] && emailShape.test(value) && mayBeEmail(field)) traits['email'] = value
    else if (names.includes(nameOf(field)) && !isSecret(field)) traits[nameOf(field)] = value
  }
  return traits
}
