/**
 * Leads from forms. A form marked `data-touchline-identify`, or any form with an email field if the site asked for
 * that, gives its valid email and the fields that the site named. Listening in the capture phase sees the form
 * before the page's own handler, so that forms which submit by fetch count too.
 *
 *     <form data-touchline-identify="name,company">        these fields beside the email
 *     <input data-touchline-ignore>                         never this one, or nothing inside this element
 */
import { chosen } from './chosen.js'
import { listen } from './guard.js'
import type { Traits } from './api.js'
import { options } from './options.js'
import type { Feature } from './feature.js'
import { verbs } from './verbs.js'

const ignored = '[data-touchline-ignore]'
const emailShape = /^\s*[^\s@]+@[^\s@]+\.[^\s@]{2,}\s*$/
// Passwords, cards, one-time codes and secrets, by what a field says of itself in type, autocomplete, name and id.
const secret = /^hidden|^file|passw|pwd|\bcc-|card|cvc|cvv|one-time|otp|\bpin\b|secret|token/i
const choice = /^(checkbox|radio)/

const traitsOf = (form: HTMLFormElement, allowed: string): Traits => {
  const traits: Traits = {}
  const names = allowed.split(/[\s,]+/)
  for (const field of Array.from(form.elements) as HTMLInputElement[]) {
    const { type, autocomplete, name, id, value } = field
    const says = [type, autocomplete, name, id].join(' ')
    if (!value || secret.test(says) || field.closest(ignored) || (choice.test(says) && !field.checked))
      continue
    if (/e-?mail/i.test(says) && !traits.email && emailShape.test(value)) traits.email = value
    else if (names.includes(name)) traits[name] = value
  }
  return traits
}

export const forms: Feature = () => {
  const which = chosen('forms', 'marked', 'auto', 'off')
  if (which === 'off') return
  listen('submit', (event) => {
    const form = event.target as HTMLFormElement
    const marked = form.getAttribute('data-touchline-identify')
    if (form.closest(ignored) || (marked === null && which !== 'auto')) return
    const traits = traitsOf(form, [marked || options.formFields].join())
    if (!traits.email) return
    // Who is signed in may type a colleague's address: then it says nothing about them.
    if (!verbs.user().userId) verbs.identify(traits)
    verbs.track('Form Submitted', { form: form.getAttribute('id') || form.getAttribute('name') })
  })
}
