/**
 * Leads from forms. A form marked `data-touchline-identify`, or any form with an email field if the site asked for
 * that, gives its valid email and the fields that the site named. Listening in the capture phase sees the form
 * before the page's own handler, so that forms which submit by fetch count too.
 *
 *     <form data-touchline-identify="name,company">        these fields beside the email
 *     <input data-touchline-ignore>                         never this one, or nothing inside this element
 */
import { listen } from './guard.js'
import type { Traits } from './api.js'
import { options } from './options.js'
import type { Feature } from './start.js'
import { verbs } from './verbs.js'

const identify = 'data-touchline-identify'
const emailShape = /^[^\s@]+@[^\s@]+\.[^\s@]{2,}$/
const secretTypes = /^(password|hidden|file)$/
// Cards, one-time codes and secrets, by what the page says in autocomplete, name or id.
const secretNames = /(^|[\W_])cc[\W_]|card|cvc|cvv|csc|iban|one-time|otp|passw|pwd|pin$|ssn|secret|token/i

type Field = HTMLInputElement

const namesOf = (field: Field): string => `${field.autocomplete} ${field.name} ${field.id}`

const isOpen = (field: Field): boolean =>
  !secretTypes.test(field.type) &&
  !secretNames.test(namesOf(field)) &&
  !field.closest('[data-touchline-ignore]') &&
  !!field.value

function traitsOf(form: HTMLFormElement, allowed: string): Traits {
  const traits: Traits = {}
  const names = allowed.split(',').map((name) => name.trim())
  for (const field of Array.from(form.elements) as Field[]) {
    if (!isOpen(field)) continue
    const value = field.value.trim()
    const isEmail = field.type === 'email' || /e-?mail/i.test(namesOf(field))
    if (isEmail && !traits.email && emailShape.test(value)) traits.email = value
    else if (names.indexOf(field.name) >= 0 && (field.checked || !/^(checkbox|radio)$/.test(field.type)))
      traits[field.name] = value
  }
  return traits
}

export const forms: Feature = () => {
  if (options.forms === 'off') return
  listen(document, 'submit', (event) => {
    const form = event.target as HTMLFormElement
    const marked = form.getAttribute(identify)
    if (form.closest('[data-touchline-ignore]') || (marked === null && options.forms !== 'auto')) return
    const traits = traitsOf(form, `${marked || options.formFields || ''}`)
    if (!traits.email) return
    // Who is signed in may type a colleague's address: then it says nothing about them.
    if (!verbs.user().userId) verbs.identify(traits)
    verbs.track('Form Submitted', { form: form.getAttribute('id') || form.getAttribute('name') || '' })
  })
}
